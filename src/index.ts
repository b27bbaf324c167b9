export type {
  Advice,
  BuildDiff,
  BuildDifference,
  BuildExplanation,
  BuildRecord,
  ImageRecord,
  LayerRecord,
  StepDiff,
  StepExplanation,
  StepRecord,
} from './builds/index.ts'

export type { CacheFrom, CachePlace, CacheTo, GhaCachePlace, S3CachePlace } from './cache-options.ts'
export { defineConfig, findConfig, readConfig, type TsbuildConfig } from './config/index.ts'

export type { CommitOptions, Container, RunImageOptions, RunImageResult, RunMount } from './container-options.ts'
export type {
  CommandIo,
  CommandResult,
  ErrorOutput,
  FailedStep,
  OfStep,
  ShellOptions,
  StepChange,
  StepEntry,
  StepOptions,
  StepPathOptions,
  UserTerminal,
} from './debug-options.ts'

export { TsbuildError } from './errors.ts'
export type {
  BuildEvent,
  EventSink,
  FileChange,
  GraphStep,
  KeyChange,
  MissReason,
  StepId,
  StepLayer,
} from './executor/index.ts'
export { type StepPlace, stepPlace, type Warning } from './graph/index.ts'
export type { Annotation, Descriptor, ImageConfig, Platform } from './image/index.ts'
export type {
  ArchiveOptions,
  HistoryOptions,
  HistoryRow,
  ImageCommands,
  ImageDetails,
  ImageHistory,
  ImageSummary,
  ImportOptions,
} from './image-options.ts'
export { build } from './library/build.ts'
export { type BuildCommands, openBuilds } from './library/builds.ts'
export { type CheckResult, check } from './library/check.ts'
export { checkStore } from './library/check-store.ts'
export { commit } from './library/commit.ts'
export { listContainers, removeContainer } from './library/containers.ts'
export { context } from './library/context/context.ts'
export type {
  ContextAdvice,
  ContextAnswer,
  ContextFile,
  ContextFolder,
  ContextOptions,
  ContextReport,
  ContextSum,
  ContextUse,
  IgnoredPath,
  IgnoreLine,
} from './library/context/report.ts'
export { doctor } from './library/doctor/doctor.ts'
export type { DoctorOptions, DoctorReport, Finding, RunAbility } from './library/doctor/report.ts'
export { drawPlan } from './library/drawing.ts'
export {
  type BuildForecast,
  forecast,
  type PlannedHit,
  type PlannedStep,
  type StepForecast,
} from './library/forecast.ts'
export { history } from './library/history.ts'
export { openImages } from './library/images.ts'
export { createIndex } from './library/index-create.ts'
export { blame, diff } from './library/look/diff.ts'
export { extract } from './library/look/extract.ts'
export { openImage } from './library/look/open-image.ts'
export { listStep, readStep, stepDiff } from './library/look-into-step.ts'
export { type Found, outline, targets } from './library/outline.ts'
export { type PlannedImage, plan, plans } from './library/plan.ts'
export type { PlannedPull } from './library/planned-pulls.ts'
export { copy, listTags, login, logout, pull, push, referrers, remoteDocument } from './library/registry-commands.ts'
export { buildReport } from './library/report.ts'
export { runImage } from './library/run-image.ts'
export { shell } from './library/shell.ts'
export type { Unreached } from './library/unreached.ts'
export { diskUsage, prune } from './library/usage.ts'
export { watchBuild } from './library/watch/watch-build.ts'
export type {
  ConfigChange,
  Difference,
  FileDifference,
  FileFacts,
  FileNode,
  LayerFacts,
  LayerPair,
  Mark,
  PathEvent,
  Waste,
  WastedFile,
} from './look/index.ts'
export type {
  Blame,
  ComparedImage,
  DiffOptions,
  Extracted,
  ExtractOptions,
  FileTreeOptions,
  FoundPath,
  ImageDiff,
  ImageFile,
  LookOptions,
  OpenedImage,
} from './look-options.ts'
export type {
  BuildOptions,
  BuildResult,
  BuiltImage,
  ContextArchive,
  ContextFiles,
  Environment,
  LimitOptions,
  OutputOptions,
  RegistryOutput,
} from './options.ts'
export { parse } from './parser/index.ts'
export type { Outline, OutlineArgument, OutlineCache, OutlineMount, Target } from './planner/index.ts'
export type {
  CopyOptions,
  IndexOptions,
  LoginOptions,
  LogoutResult,
  PullOptions,
  PushOptions,
  Referrer,
  ReferrersOptions,
  RegistryOptions,
  RemoteDocumentText,
  RemoteName,
} from './registry-options.ts'
export type { DrawingFormat } from './report/index.ts'
export { Secret } from './secret.ts'
export type { SourceFile, SourceRange } from './source.ts'
export type {
  CheckStoreOptions,
  DiskUsage,
  DiskUsageOptions,
  PruneOptions,
  PruneResult,
  Space,
  StoreCheck,
  StoreFinding,
  UsageEntry,
  UsageFilter,
} from './upkeep.ts'
export type { WatchedChange, WatchOptions } from './watch-options.ts'

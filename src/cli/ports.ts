import type {
  Blame,
  BuildCommands,
  BuildForecast,
  BuildOptions,
  BuildRecord,
  BuildResult,
  CheckResult,
  CheckStoreOptions,
  CommandResult,
  CommitOptions,
  Container,
  ContextOptions,
  ContextReport,
  CopyOptions,
  Descriptor,
  DiffOptions,
  DiskUsage,
  DiskUsageOptions,
  DoctorOptions,
  DoctorReport,
  DrawingFormat,
  Environment,
  Extracted,
  ExtractOptions,
  Found,
  HistoryOptions,
  ImageCommands,
  ImageDiff,
  ImageHistory,
  IndexOptions,
  LimitOptions,
  LoginOptions,
  LogoutResult,
  LookOptions,
  OfStep,
  OpenedImage,
  Outline,
  PruneOptions,
  PruneResult,
  PullOptions,
  PushOptions,
  Referrer,
  ReferrersOptions,
  RegistryOptions,
  RemoteDocumentText,
  RemoteName,
  RunImageOptions,
  RunImageResult,
  ShellOptions,
  StepChange,
  StepEntry,
  StepOptions,
  StepPathOptions,
  StoreCheck,
  Target,
  WatchOptions,
} from '../index.ts'

/** What the command line asks of the library (`src/index.ts`). */
export interface Library {
  build(options: BuildOptions, environment: Environment): Promise<BuildResult>
  buildReport(record: BuildRecord, environment: Environment): Promise<string>
  /** @throws {TsbuildError} for what is wrong with the Dockerfile or the options */
  forecast(options: BuildOptions, environment: Environment): Promise<BuildForecast>
  /** @throws {TsbuildError} for what is wrong with the Dockerfile, the ignore file or the options */
  context(options: ContextOptions, environment: Environment): Promise<ContextReport>
  drawPlan(plan: BuildForecast, format: DrawingFormat, name: string): Promise<string>
  /** @throws {TsbuildError} for all but what is wrong in the Dockerfile, which is part of the result */
  check(options: BuildOptions, environment: Environment): Promise<CheckResult>
  /** @throws {TsbuildError} also for what is wrong in the Dockerfile; so does `targets` */
  outline(options: BuildOptions, environment: Environment): Promise<Found<Outline>>
  targets(options: BuildOptions, environment: Environment): Promise<Found<readonly Target[]>>
  /**
   * Rows newest first. `name`: an image of the store, `oci-archive:FILE`, `oci-layout:DIR`, else one of a registry.
   * @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_…
   */
  history(name: string, options: HistoryOptions, environment: Environment): Promise<ImageHistory>
  /** @throws {TsbuildError} those of `history`; so do the next three */
  openImage(name: string, options: LookOptions, environment: Environment): Promise<OpenedImage>
  diff(before: string, after: string, options: DiffOptions, environment: Environment): Promise<ImageDiff>
  /** @throws {TsbuildError} TSB_IMAGE_PATH too; so does `extract` */
  blame(name: string, path: string, options: LookOptions, environment: Environment): Promise<Blame>
  extract(name: string, path: string, options: ExtractOptions, environment: Environment): Promise<Extracted>
  /** What the store remembers of builds. */
  builds(environment: Environment): Promise<BuildCommands>
  /** A machine that is wanting is no error: what is wanting is in the report. */
  doctor(options: DoctorOptions, environment: Environment): Promise<DoctorReport>
  /** @throws {TsbuildError} TSB_STORE_… */
  checkStore(options: CheckStoreOptions, environment: Environment): Promise<StoreCheck>
  /** @throws {TsbuildError} TSB_PUSH_FAILED, TSB_PUSH_NAME, TSB_IMAGE_NOT_FOUND */
  push(
    name: string,
    destinations: readonly string[],
    options: PushOptions,
    environment: Environment,
  ): Promise<readonly RemoteName[]>
  /** @throws {TsbuildError} TSB_IMAGE_NOT_FOUND, TSB_PLATFORM_NOT_FOUND, TSB_REGISTRY_… */
  pull(name: string, options: PullOptions, environment: Environment): Promise<RemoteName>
  copy(from: string, to: string, options: CopyOptions, environment: Environment): Promise<Descriptor>
  login(host: string, options: LoginOptions, environment: Environment): Promise<string>
  logout(host: string, environment: Environment): Promise<LogoutResult>
  listTags(name: string, options: RegistryOptions, environment: Environment): Promise<readonly string[]>
  referrers(name: string, options: ReferrersOptions, environment: Environment): Promise<readonly Referrer[]>
  remoteDocument(name: string, options: PullOptions, environment: Environment): Promise<RemoteDocumentText>
  createIndex(options: IndexOptions, environment: Environment): Promise<RemoteDocumentText>
  /** @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS, TSB_STEP_PATH; so do `readStep` and `stepDiff` */
  listStep(options: StepPathOptions, environment: Environment): Promise<OfStep<StepEntry>>
  readStep(
    options: StepPathOptions & { readonly write: (bytes: Uint8Array) => Promise<void> },
    environment: Environment,
  ): Promise<void>
  stepDiff(options: StepOptions, environment: Environment): Promise<OfStep<StepChange>>
  watchBuild(options: WatchOptions, environment: Environment): Promise<never>
  runImage(options: RunImageOptions, environment: Environment): Promise<RunImageResult>
  listContainers(environment: Environment): Promise<readonly Container[]>
  /** @throws {TsbuildError} TSB_CONTAINER_NOT_FOUND, TSB_CONTAINER_IN_USE */
  removeContainer(name: string, environment: Environment): Promise<Container>
  /** @throws {TsbuildError} TSB_CONTAINER_NOT_FOUND, TSB_COMMIT_CHANGE */
  commit(options: CommitOptions, environment: Environment): Promise<string>
  /** @throws {TsbuildError} TSB_STEP_NOT_FOUND, TSB_STEP_AMBIGUOUS */
  shell(options: ShellOptions, environment: Environment): Promise<CommandResult>
  openImages(environment: Environment, options: { readonly limits?: LimitOptions }): Promise<ImageCommands>
  /** What of the store all filters hold for. @throws {TsbuildError} TSB_FILTER, TSB_STORE_DAMAGED, TSB_DIGEST_MISMATCH */
  diskUsage(options: DiskUsageOptions, environment: Environment): Promise<DiskUsage>
  /** @throws {TsbuildError} those of `diskUsage`, TSB_STORE_READ_ONLY */
  prune(options: PruneOptions, environment: Environment): Promise<PruneResult>
}

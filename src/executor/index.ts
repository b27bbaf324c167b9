export { type Emulation, emulatorFix, noEmulator } from './emulation.ts'
export type {
  BuildEvent,
  EventSink,
  FileChange,
  GraphStep,
  KeyChange,
  MissReason,
  StepId,
  StepLayer,
} from './events.ts'
export type { Examination } from './examine/examine.ts'
export { type Executed, execute } from './execute.ts'
export { type Forecast, foresee } from './foresee.ts'
export {
  enterRun,
  examine,
  findEmulation,
  leftRunning,
  onTerminal,
  openRootfs,
  openSandbox,
  sharedCaches,
  takenPaths,
  withCacheFiles,
  withPipedInput,
} from './late.ts'
export type { NamedCache } from './mounts/cache.ts'
export { layerForms, secretForms } from './mounts/secret-forms.ts'
export type { Entering, HostBind } from './ops/enter-run.ts'
export type { LeftInput, LeftRun } from './ops/left-run.ts'
export type {
  ContextFiles,
  ExecutorPorts,
  FailedRun,
  Former,
  FormerFailure,
  FormerResult,
  Hosts,
  Secrets,
  Sources,
  StepRules,
} from './ports.ts'
export { type LayerMounts, type LeftFiles, leftUpper, openLayerMounts, type RootfsProvider } from './rootfs/index.ts'
export {
  type LeftRunning,
  layerForm,
  type Resources,
  readRights,
  runRefusal,
  type Sandbox,
  type Seccomp,
  type StepInput,
  type UserTerminal,
} from './sandbox/index.ts'
export type { StepResult } from './step.ts'
export type { WantedOfContext } from './taken-paths.ts'

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
  examine,
  findEmulation,
  leftRunning,
  openRootfs,
  openSandbox,
  sharedCaches,
  takenPaths,
  withCacheFiles,
} from './late.ts'
export type { NamedCache } from './mounts/cache.ts'
export { layerForms, secretForms } from './mounts/secret-forms.ts'
export type { ContextFiles, ExecutorPorts, Hosts, Secrets, Sources, StepRules } from './ports.ts'
export { type LayerMounts, openLayerMounts, type RootfsProvider } from './rootfs/index.ts'
export {
  type LeftRunning,
  layerForm,
  readRights,
  runRefusal,
  type Sandbox,
  type Seccomp,
} from './sandbox/index.ts'
export type { StepResult } from './step.ts'
export type { WantedOfContext } from './taken-paths.ts'

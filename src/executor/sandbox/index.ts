export { idRangesHint } from './failure.ts'
export { layerForm } from './layer-form.ts'
export type { LeftRunning } from './left-running.ts'
export { type Machine, readMachine, readRights } from './machine.ts'
export { type MountedImage, mountImage } from './mount-image.ts'
export { openSandbox, type SandboxChoice, type SandboxOptions } from './open.ts'
export { type MountProbe, openMountProbe } from './overlay-probe.ts'
export type { ProbeCache } from './probe-cache.ts'
export { runRefusal } from './refusal.ts'
export type {
  Ahead,
  Exceeded,
  Resources,
  Rootfs,
  Sandbox,
  SandboxMount,
  SandboxOutput,
  SandboxResult,
  SandboxSpec,
  StepInput,
} from './sandbox.ts'
export type { Seccomp } from './seccomp-profile.ts'
export { deviceNames } from './surroundings.ts'
export type { UserTerminal } from './terminal.ts'

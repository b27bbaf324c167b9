export { openSandbox, type SandboxChoice, type SandboxOptions } from './open.ts'
export { openProbeCache, type ProbeCache } from './probe-cache.ts'
export type { Rootfs, Sandbox, SandboxMount, SandboxOutput, SandboxResult, SandboxSpec } from './sandbox.ts'

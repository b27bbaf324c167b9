export type { Rootfs, Sandbox, SandboxMount, SandboxOutput, SandboxResult, SandboxSpec } from './sandbox.ts'

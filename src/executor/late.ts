import type { findEmulation as FindEmulation } from './emulators.ts'
import type { examine as Examine } from './examine/examine.ts'
import type { sharedCaches as SharedCaches, withCacheFiles as WithCacheFiles } from './mounts/cache.ts'
import type { enterRun as EnterRun } from './ops/enter-run.ts'
import type { openRootfs as OpenRootfs } from './rootfs/index.ts'
import type { openSandbox as OpenSandbox } from './sandbox/index.ts'
import type { leftRunning as LeftRunning } from './sandbox/left-running.ts'
import type { withPipedInput as WithPipedInput } from './sandbox/piped-input.ts'
import type { onTerminal as OnTerminal } from './sandbox/terminal.ts'
import type { takenPaths as TakenPaths } from './taken-paths.ts'

/** What a RUN needs is loaded with the first one that runs: a build in which all is cached has none. */
export const openSandbox: typeof OpenSandbox = async (...asked) =>
  (await import('./sandbox/open.ts')).openSandbox(...asked)

/** As `openSandbox`. */
export const openRootfs: typeof OpenRootfs = async (...asked) => (await import('./rootfs/open.ts')).openRootfs(...asked)

/** As `openSandbox`: for a RUN with programs of another machine. */
export const findEmulation: typeof FindEmulation = async (...asked) =>
  (await import('./emulators.ts')).findEmulation(...asked)

/** As `openSandbox`: only `tsbuild doctor` has a use for it. */
export const examine: typeof Examine = async (...asked) => (await import('./examine/examine.ts')).examine(...asked)

/** As `openSandbox`: for a check of the store. */
export const leftRunning: typeof LeftRunning = async (...asked) =>
  (await import('./sandbox/left-running.ts')).leftRunning(...asked)

/** As `openSandbox`: for who shares caches of RUN with other machines. */
export const sharedCaches = async (
  ...asked: Parameters<typeof SharedCaches>
): Promise<ReturnType<typeof SharedCaches>> => (await import('./mounts/cache.ts')).sharedCaches(...asked)

/** As `sharedCaches`. */
export const withCacheFiles: typeof WithCacheFiles = async (...asked) =>
  (await import('./mounts/cache.ts')).withCacheFiles(...asked)

/** As `openSandbox`: only `tsbuild context` has a use for it. */
export const takenPaths = async (...asked: Parameters<typeof TakenPaths>): Promise<ReturnType<typeof TakenPaths>> =>
  (await import('./taken-paths.ts')).takenPaths(...asked)
/** As `openSandbox`: for who runs something in what a RUN left. */
export const enterRun: typeof EnterRun = async (...asked) => (await import('./ops/enter-run.ts')).enterRun(...asked)

/** As `enterRun`. */
export const onTerminal = async <T>(...[user, work]: Parameters<typeof OnTerminal<T>>): Promise<T> =>
  (await import('./sandbox/terminal.ts')).onTerminal(user, work)

/** As `enterRun`. */
export const withPipedInput = async <T>(...[bytes, work]: Parameters<typeof WithPipedInput<T>>): Promise<T> =>
  (await import('./sandbox/piped-input.ts')).withPipedInput(bytes, work)

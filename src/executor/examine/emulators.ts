import { type Platform, parsePlatform } from '../../image/index.ts'
import type { Emulation } from '../emulation.ts'
import { type EmulatorPorts, findEmulation } from '../emulators.ts'

/** How programs for a platform run here: by the machine itself or by an emulator, or not at all. */
export interface EmulatorTrial {
  readonly platform: Platform
  readonly emulation: Emulation
}

/** Those that BuildKit tells apart, with common ones first. */
const platforms = [
  ...['linux/amd64', 'linux/arm64', 'linux/386', 'linux/arm/v7', 'linux/arm/v6', 'linux/riscv64'],
  ...['linux/ppc64le', 'linux/s390x', 'linux/mips64le', 'linux/loong64'],
]

/** One after the other: where nothing is registered, each takes a process. */
export async function tryEmulators(ports: EmulatorPorts): Promise<readonly EmulatorTrial[]> {
  const trials: EmulatorTrial[] = []
  for (const name of platforms) {
    const platform = parsePlatform(name, { os: 'linux', architecture: 'amd64' })
    trials.push({ platform, emulation: await findEmulation(platform, ports) })
  }
  return trials
}

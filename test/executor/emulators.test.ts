import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { elfHeader, emptyProgram, isStatic } from '../../src/executor/elf.ts'
import { noEmulator } from '../../src/executor/emulation.ts'
import { findEmulation, isFor, parseEntry } from '../../src/executor/emulators.ts'
import { machinePlatform } from '../../src/image/index.ts'
import { hasStaticBusybox } from '../support/busybox-root.ts'
import { writeFiles } from '../support/files.ts'
import { debianEntries, hasQemu, noQemu, qemuProgram } from '../support/qemu.ts'
import { scratch } from '../support/scratch.ts'

/** As the kernel shows what Debian registers for arm64. */
const entry = (more: Readonly<Record<string, string>> = {}) =>
  Object.entries({
    interpreter: '/usr/libexec/qemu-binfmt/aarch64-binfmt-P',
    'flags:': 'POCF',
    offset: '0',
    magic: '7f454c460201010000000000000000000200b700',
    mask: 'ffffffffffffff00fffffffffffffffffeffffff',
    ...more,
  }).reduce((text, [key, value]) => `${text}${key} ${value}\n`, 'enabled\n')

const on = (architecture: string) => ({ os: 'linux', architecture })

async function find(
  files: Readonly<Record<string, string>>,
  architecture = 'arm64',
  installed: readonly string[] = [],
) {
  const [folder, programs] = [await scratch(), await scratch()]
  writeFiles(programs, Object.fromEntries(installed.map((name) => [name, ''])))
  writeFiles(folder, { register: '', status: 'enabled\n', ...files })
  return findEmulation(on(architecture), { folder, programs, temporary: async () => scratch() })
}

describe('an entry of binfmt_misc', () => {
  test('is for the programs of one architecture', () => {
    const parsed = parseEntry(entry())
    if (!parsed) throw new Error('no entry')
    const fits = (architecture: string) => isFor(parsed, elfHeader(on(architecture)) ?? Buffer.alloc(0))
    expect(['arm64', 'amd64', 'arm', 's390x', 'riscv64'].map(fits)).toEqual([true, false, false, false, false])
  })

  test('that is switched off, or goes by the names of files, is none', () => {
    expect(parseEntry(entry().replace('enabled', 'disabled'))).toBeUndefined()
    expect(parseEntry('enabled\ninterpreter /usr/bin/java\nflags: \nextension .jar\n')).toBeUndefined()
  })
})

describe('findEmulation', () => {
  test('an emulator that the kernel holds open needs no place in the step', async () => {
    expect(await find({ 'qemu-aarch64': entry() })).toEqual({ kind: 'kernel' })
  })

  test.skipIf(!hasStaticBusybox)('one that it does not hold open is put where it looks', async () => {
    const interpreter = '/bin/busybox'
    const found = await find({ 'qemu-aarch64': entry({ 'flags:': '', interpreter }) })
    expect(found).toMatchObject({ kind: 'interpreter', path: interpreter })
  })

  test('one that needs libraries, or is not there, is none', async () => {
    const found = (interpreter: string) => find({ q: entry({ 'flags:': 'P', interpreter }) })
    expect(await found(process.execPath)).toEqual({
      kind: 'none',
      problem: expect.stringContaining('is no static program'),
    })
    const script = join(await scratch(), 'script')
    writeFileSync(script, '#!/bin/sh\nexec qemu "$@"\n', { mode: 0o755 })
    expect(await found(script)).toMatchObject({ kind: 'none' })
    expect(await found('/not/there')).toEqual({
      kind: 'none',
      problem: '/not/there, which is registered without flag F, cannot be read',
    })
  })

  test('what the kernel does not show is tried', async () => {
    expect(await find({}, machinePlatform(process.arch).architecture)).toEqual({ kind: 'kernel' })
    expect(await find({}, 'mips64le')).toEqual({ kind: 'none' })
  })

  test('one that is installed and not registered is named, with what registers it', async () => {
    const found = await find({}, 'mips64le', ['qemu-mips64el-static'])
    expect(found).toEqual({ kind: 'none', installed: expect.stringMatching(/\/qemu-mips64el-static$/) })
    if (found.kind !== 'none') return
    expect(noEmulator(on('mips64le'), 'RUN true', found)).toMatchObject({
      message: expect.stringMatching(/\/qemu-mips64el-static is not registered with the kernel$/),
      hint: expect.stringMatching(/^systemctl restart systemd-binfmt registers what is installed/),
    })
    expect(noEmulator(on('mips64le'), 'RUN true', { kind: 'none' })).toMatchObject({
      message: expect.stringMatching(/no emulator for it is registered$/),
      hint: expect.stringMatching(/^apt-get install qemu-user-static/),
    })
  })
})

test('a program that asks for a loader is told from one that does not', () => {
  expect(isStatic(readFileSync(process.execPath))).toBe(false)
  for (const text of ['', '#!/bin/sh\n', `#!/bin/sh\n${'x'.repeat(200)}`])
    expect(isStatic(Buffer.from(text))).toBe(false)
  expect(isStatic(readFileSync(process.execPath).subarray(0, 80))).toBe(false)
  for (const architecture of ['amd64', '386', 's390x']) {
    expect(isStatic(emptyProgram(on(architecture)) ?? Buffer.alloc(0))).toBe(true)
  }
})

/** By OCI's names, what qemu calls them. */
const programs = {
  amd64: 'x86_64',
  '386': 'i386',
  arm64: 'aarch64',
  arm: 'arm',
  riscv64: 'riscv64',
  ppc64le: 'ppc64le',
  s390x: 's390x',
  mips64le: 'mips64el',
  loong64: 'loongarch64',
}

test.skipIf(!hasQemu).each(Object.entries(programs))(
  `the program for %s does nothing (${noQemu})`,
  async (name, qemu) => {
    const file = join(await scratch(), 'nothing')
    writeFileSync(file, emptyProgram(on(name)) ?? '', { mode: 0o755 })
    expect(spawnSync(qemuProgram(qemu), [file])).toMatchObject({ status: 0, signal: null })
  },
)

describe.skipIf(!hasQemu)(`what Debian registers (${noQemu})`, () => {
  const emulated = Object.entries(programs).filter(([name]) => name !== 'amd64' && name !== '386')

  test.each(emulated)('for %s is found by the header of its programs, and nothing else is', (name, qemu) => {
    const header = elfHeader(on(name)) ?? Buffer.alloc(0)
    expect(debianEntries().flatMap(([entryName, each]) => (isFor(each, header) ? entryName : []))).toEqual([qemu])
  })
})

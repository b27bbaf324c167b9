import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { merged, withLateBuiltins } from '../../scripts/pieces.ts'

const folder = mkdtempSync(join(tmpdir(), 'tsbuild-pieces-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a late module of Node is loaded by the first use, others at once', () => {
  const code =
    'var import_node_fs=require("node:fs"),import_node_net2=require("node:net");new import_node_net2.Socket(import_node_fs.x)'
  expect(withLateBuiltins(code)).toBe(
    'var import_node_fs=require("node:fs"),import_node_net2=()=>(require("node:net"));new (import_node_net2()).Socket(import_node_fs.x)',
  )
})

test('a late module may have a digit in its name', () => {
  expect(withLateBuiltins('var import_node_v8=require("node:v8");import_node_v8.x()')).toBe(
    'var import_node_v8=()=>(require("node:v8"));(import_node_v8()).x()',
  )
})

test('a module of which only the default is used is not copied', () => {
  const only = 'var import_node_path=__toESM(require("node:path"));import_node_path.default.join()'
  expect(withLateBuiltins(only)).toContain('import_node_path={default:require("node:path")}')
  expect(withLateBuiltins(`${only};import_node_path.sep`)).toContain('__toESM(require("node:path"))')
})

test('pieces in one file are evaluated once, when asked for, whoever asks and from whichever file', () => {
  const pieces = new Map([
    [
      'main.cjs',
      'const piece=0;exports.start=()=>require("./chunks/shared.cjs").count();exports.late=()=>require("./chunks/cold.cjs").twice();exports.far=()=>require("./chunks/far.cjs").thrice()',
    ],
    ['chunks/shared.cjs', 'let n=0;exports.count=()=>++n'],
    ['chunks/cold.cjs', 'const shared=require("./shared.cjs");exports.twice=()=>[shared.count(),shared.count()]'],
    [
      'chunks/far.cjs',
      'const cold=require("./cold.cjs");exports.thrice=()=>[...cold.twice(),require("./beside.cjs").one()]',
    ],
    ['chunks/beside.cjs', 'exports.one=()=>require("./shared.cjs").count()'],
  ])
  const files = [
    { file: 'main.cjs', pieces: new Set(['main.cjs', 'chunks/shared.cjs']) },
    { file: 'late.cjs', pieces: new Set(['chunks/shared.cjs', 'chunks/far.cjs', 'chunks/beside.cjs']) },
  ]
  const made = merged(pieces, files)
  expect([...made.keys()].sort()).toEqual(['chunks/cold.cjs', 'late.cjs', 'main.cjs'])
  const start = ['start.cjs', 'exports.bundle=(name)=>require("./"+name)'] as const
  for (const [name, text] of [...made, start]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const load = createRequire(join(folder, 'x.cjs'))
  const main = load('./main.cjs') as Record<'start' | 'late' | 'far', () => unknown>
  expect([main.start?.(), main.late?.(), main.start?.(), main.far?.()]).toEqual([1, [2, 3], 4, [5, 6, 7]])
})

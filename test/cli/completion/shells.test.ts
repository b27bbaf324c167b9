import { execFile } from 'node:child_process'
import { chmodSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { completionScript, type Shell } from '../../../src/cli/completion/scripts.ts'
import { hasProgram } from '../../support/programs.ts'
import { openWorkspace, type Workspace } from '../../support/workspace.ts'

const typist = path.join(import.meta.dirname, '../../support/programs/type-keys.py')
const program = path.join(import.meta.dirname, '../../../bin/tsbuild.js')

/** How each shell is started without the files of a user, and where it reads the script. */
const started: Readonly<
  Record<Shell, { readonly argv: readonly string[]; readonly read: string; readonly prompt: string }>
> = {
  bash: { argv: ['bash', '--norc', '--noprofile', '-i'], read: 'source ./bash', prompt: "PS1='READY''> '" },
  zsh: {
    argv: ['zsh', '-f', '-i'],
    read: 'autoload -Uz compinit && compinit -D && source ./zsh',
    prompt: "PS1='READY''> '; unsetopt zle_bracketed_paste",
  },
  fish: {
    argv: ['fish', '--no-config', '-i'],
    read: 'source ./fish',
    prompt: "function fish_prompt; echo -n READY'> '; end",
  },
}

let workspace: Workspace
beforeAll(async () => {
  workspace = await openWorkspace()
  workspace.write({
    'context/Dockerfile': 'FROM scratch AS first\nARG VERSION=1\nCOPY note.txt /\nFROM first AS second\n',
    'context/note.txt': '1',
    'context/sub folder/x': '1',
    'bin/tsbuild': `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`,
  })
  chmodSync(path.join(workspace.directory, 'bin/tsbuild'), 0o755)
  await workspace.build({ tags: ['shop/web:1.2'] })
})
afterAll(() => workspace[Symbol.asyncDispose]())

/** Each Tab starts the program, so the shells are tried at once. */
describe('completion of commands, flags, values, images and files', () => {
  test.concurrent.for(Object.keys(started) as Shell[])('in %s', async (shell, { skip }) => {
    skip(!hasProgram(shell) || !hasProgram('python3'), `${shell} or python3 is not installed: scripts/test-setup.sh`)
    const { argv, read, prompt } = started[shell]
    const { directory, environment } = workspace
    workspace.write({ [`context/${shell}`]: completionScript(shell) })
    const env = {
      PATH: `${directory}/bin:${process.env['PATH']}`,
      TSBUILD_ROOT: environment.root,
      HOME: directory,
      TERM: 'xterm',
      LANG: 'C.UTF-8',
    }
    /** Ctrl-U empties the line. */
    const typed = (line: string, see: string) => ({ type: `\x15${line}\t`, see })
    const steps = [
      { type: `${prompt}\r`, see: 'READY> ' },
      { type: `${read}; echo re''ad\r`, see: 'read\\s' },
      typed('tsbuild histo', 'tsbuild history '),
      typed('tsbuild build --target=sec', '--target=second'),
      typed('tsbuild history shop/web:', 'shop/web:1\\.2'),
      typed('tsbuild build -f not', '-f note\\.txt'),
      typed('tsbuild build --file=not', '--file=note\\.txt'),
    ]
    expect(await type({ argv, steps }, { cwd: path.join(directory, 'context'), env })).toBe('')
  })
})

/** What the typist has to complain of. */
function type(asked: object, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Promise<string> {
  return new Promise((resolve) => {
    const typing = execFile('python3', [typist], options, (_error, stdout, stderr) => resolve(stdout + stderr))
    typing.stdin?.end(JSON.stringify(asked))
  })
}

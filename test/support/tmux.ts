import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A real terminal of tmux, with a program in it. */
export interface Terminal extends AsyncDisposable {
  /** Presses keys by the names of tmux: `Enter`, `C-a`, `j`. */
  press(...keys: readonly string[]): Promise<void>
  resize(columns: number, rows: number): Promise<void>
  /** The lines on the screen, once one of them, or that of this row, has this in it. Fails after a while. */
  screen(wanted: string | RegExp, row?: number): Promise<readonly string[]>
}

const run = promisify(execFile)
/** Milliseconds that a machine with much to do may take to draw. */
const patience = 15_000

/**
 * Runs a command of the shell in a terminal of 80 columns and 24 rows.
 * @param directory where it runs, and where tmux has its socket
 */
export async function openTerminal(
  directory: string,
  command: string,
  env: Readonly<Record<string, string>>,
): Promise<Terminal> {
  const socket = join(directory, 'tmux')
  const tmux = async (...words: readonly string[]) =>
    (await run('tmux', ['-S', socket, '-f', '/dev/null', ...words], { cwd: directory })).stdout
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  await tmux('new-session', '-d', '-x', '80', '-y', '24', ...variables, command)
  const capture = async () => (await tmux('capture-pane', '-p')).split('\n')
  return {
    press: async (...keys) => {
      for (const key of keys) await tmux('send-keys', key)
    },
    resize: async (columns, rows) => void (await tmux('resize-window', '-x', `${columns}`, '-y', `${rows}`)),
    async screen(wanted, row) {
      const isThere = (line: string) => (typeof wanted === 'string' ? line.includes(wanted) : wanted.test(line))
      for (const end = Date.now() + patience; ; await sleep(50)) {
        const lines = await capture()
        if (row === undefined ? lines.some(isThere) : isThere(lines[row] ?? '')) return lines
        if (Date.now() > end) throw new Error(`no ${wanted} on the screen:\n${lines.join('\n')}`)
      }
    },
    async [Symbol.asyncDispose]() {
      await tmux('kill-server').catch(() => undefined)
    },
  }
}

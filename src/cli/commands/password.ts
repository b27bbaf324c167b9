import { createInterface } from 'node:readline/promises'
import { FlagError } from '../flags/flag-error.ts'
import type { Output } from '../output.ts'

/** Standard input, which may be a terminal. */
export type Terminal = NodeJS.ReadableStream & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }

export interface Asked {
  readonly username?: string
  readonly password?: string
  readonly passwordStdin?: true
}

/**
 * The user and the password of a login: from flags, from standard input, or from who sits at the terminal, where a password
 * is not shown.
 * @throws {FlagError} when nobody says them
 */
export async function readPassword(
  host: string,
  { username, password, passwordStdin }: Asked,
  stdin: Terminal,
  err: Output,
): Promise<{ readonly username: string; readonly password: string }> {
  if (username !== undefined && password !== undefined) return { username, password }
  if (username !== undefined && passwordStdin) return { username, password: withoutLineEnd(await textOf(stdin)) }
  if (stdin.isTTY !== true) {
    throw new FlagError(
      `nobody says how to log in to ${host}`,
      'write -u NAME --password-stdin, and send it the password',
    )
  }
  const name = username ?? (await ask(stdin, err, 'Username: '))
  return { username: name, password: password ?? (await askHidden(stdin, err, 'Password: ')) }
}

async function textOf(stdin: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString()
}

function withoutLineEnd(text: string): string {
  const password = text.replace(/\r?\n$/, '')
  if (password === '') throw new FlagError('the password is empty', 'send it to standard input')
  return password
}

async function ask(stdin: Terminal, err: Output, question: string): Promise<string> {
  const lines = createInterface({ input: stdin, output: err.stream })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

/** Reads a line of a terminal that does not show it. */
async function askHidden(stdin: Terminal, err: Output, question: string): Promise<string> {
  err.print(question)
  stdin.setRawMode?.(true)
  let typed = ''
  try {
    for await (const chunk of stdin) {
      for (const letter of Buffer.from(chunk as Uint8Array).toString()) {
        if (letter === '\r' || letter === '\n') return typed
        if (letter === '\u0003') throw new FlagError('nobody logged in', 'no password was given')
        typed = letter === '\u007f' ? typed.slice(0, -1) : typed + letter
      }
    }
    return typed
  } finally {
    stdin.setRawMode?.(false)
    err.print('\n')
  }
}

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { seal, unseal } from '../digest/index.ts'
import { isSystemError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import { type Store, writeAtomically, writing } from '../store/index.ts'
import { savedIfPossible } from './stat-index.ts'

/** As many answers are kept: of those that many boots leave behind, the newest. */
const limit = 64

/** What was found of this machine, for the next process. Where it cannot be written it is asked again. */
export function openProbes({ root, temporary }: Pick<Store, 'root' | 'temporary'>) {
  const file = path.join(root, 'cache', 'probes.json')
  const save = async (text: string) => {
    await writing(file, text.length, async () => makeFolder(path.dirname(file), 0o700))
    await writeAtomically(file, text, await temporary('probes'))
  }
  return {
    get: async (key: string): Promise<string | undefined> => (await readAnswers(file)).get(key),
    async set(key: string, value: string): Promise<void> {
      const answers = await readAnswers(file)
      answers.delete(key)
      answers.set(key, value)
      await savedIfPossible(save(seal(JSON.stringify([...answers].slice(-limit)))))
    },
  }
}

/** None when somebody damaged them. */
async function readAnswers(file: string): Promise<Map<string, string>> {
  try {
    const rows: unknown = JSON.parse(unseal(await readFile(file, 'utf8')) ?? '')
    return new Map(Array.isArray(rows) ? rows.filter(isAnswer) : [])
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EISDIR') || error instanceof SyntaxError) return new Map()
    throw error
  }
}

function isAnswer(row: unknown): row is [string, string] {
  return Array.isArray(row) && row.length === 2 && row.every((part) => typeof part === 'string')
}

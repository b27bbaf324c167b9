import { describe, expect, it } from 'vitest'
import type { CopyOp } from '../../../src/graph/index.ts'
import { opId } from '../../../src/graph/index.ts'
import { opsOf, planError, planText, rowsOf } from '../../support/planning.ts'

const context = opId({ kind: 'context', name: 'context' })

async function copyOf(lines: string): Promise<CopyOp> {
  const copy = opsOf(await planText(`FROM scratch\n${lines}\n`), 'copy').at(-1)
  if (!copy) throw new Error('no COPY was planned')
  return copy
}

const errorOf = (lines: string) => planError(`FROM scratch\n${lines}\n`)

describe('the destination of COPY', () => {
  it('is absolute, clean, and keeps a slash at its end', async () => {
    expect((await copyOf('COPY a /x//y/../z/')).dest).toBe('/x/z/')
    expect((await copyOf('COPY a /../x')).dest).toBe('/x')
    expect((await copyOf('WORKDIR /w\nCOPY a b')).dest).toBe('/w/b')
  })

  it('. and an empty text are the WORKDIR, as a directory', async () => {
    expect((await copyOf('WORKDIR /w\nCOPY a .')).dest).toBe('/w/')
    expect((await copyOf('WORKDIR /w\nCOPY a $NOPE')).dest).toBe('/w/')
    expect((await copyOf('COPY a x/.')).dest).toBe('/x/')
  })

  it('that several files overwrite is warned of', async () => {
    const rules = async (line: string) => (await planText(`FROM scratch\n${line}\n`)).warnings.map(({ rule }) => rule)
    expect(await rules('COPY a b /x')).toEqual(['tsbuild/CopyDestinationSlash'])
    expect(await rules('COPY a b /x/')).toEqual([])
    expect(await rules('COPY a b .')).toEqual([])
  })
})

describe('the sources of COPY', () => {
  it('are words after expansion, also in JSON form', async () => {
    const sources = (await copyOf('ENV A=x\nCOPY ["$A y", "b", "/d/"]')).sources
    expect(sources).toEqual([
      { from: context, path: 'x y' },
      { from: context, path: 'b' },
    ])
  })

  it('words never run together', async () => {
    const [one, two] = [await copyOf('COPY ["a b", "c/"]'), await copyOf('COPY a b c/')]
    expect(opId(one)).not.toBe(opId(two))
  })

  it('cannot be remote', async () => {
    expect(await errorOf('COPY https://x.test/f /f')).toMatchObject({ message: "source can't be a URL for COPY" })
    expect(await errorOf('COPY git@x.test:a/b.git /f')).toMatchObject({ message: "source can't be a git ref for COPY" })
  })

  it('of heredocs are files with the name of the word; variables are filled in unless that is quoted', async () => {
    const copy = await copyOf('ENV V=1\nCOPY <<A <<"B" <<-C f /d/\na $V "q"\nA\nb $V\nB\n\tc\n\tC')
    expect(copy.sources).toEqual([{ from: context, path: 'f' }])
    expect(copy.inline).toEqual([
      { name: 'A', text: 'a 1 "q"\n' },
      { name: 'B', text: 'b $V\n' },
      { name: 'C', text: 'c\n' },
    ])
  })

  it('that are all heredocs need no build context', async () => {
    const plan = await planText('FROM scratch\nCOPY <<A /a\nA\n')
    expect(opsOf(plan, 'context')).toEqual([])
  })

  it('a heredoc cannot be named out of its destination', async () => {
    expect(await errorOf('COPY <<"../x" /d/\n../x')).toMatchObject({ code: 'TSB_HEREDOC_NAME' })
  })
})

describe('flags of COPY and ADD', () => {
  it('an empty --chown or --chmod is none', async () => {
    const copy = await copyOf('COPY --chown=$NOPE --chmod=$NOPE a /')
    expect([copy.chown, copy.chmod]).toEqual([undefined, undefined])
  })

  it('--chmod is octal up to 07777, or symbolic', async () => {
    for (const mode of ['0755', '7777', 'u=rwX,go=rX', 'a+x', 'g=u', 'u+s,o-w']) {
      expect((await copyOf(`COPY --chmod=${mode} a /`)).chmod).toBe(mode)
    }
    expect((await errorOf('COPY --chmod=64a a /')).message).toBe(
      "invalid chmod parameter: '64a'. it should be octal string and between 0 and 07777",
    )
    expect((await errorOf('COPY --chmod=rwx a /')).message).toContain('invalid syntax')
  })

  it('--link stands by itself, but not with a mode for directories on the way', async () => {
    expect((await copyOf('COPY --link a /')).link).toBe(true)
    expect((await copyOf('COPY --link --chmod=0755 a /')).link).toBe(false)
  })

  it('--chown refuses numbers that no system takes', async () => {
    expect(await errorOf('COPY --chown=4294967296 a /')).toMatchObject({ code: 'TSB_USER_RANGE' })
  })

  it('--parents and --exclude are kept', async () => {
    expect(await copyOf('ENV M=md\nCOPY --parents --exclude=*.$M a/b /')).toMatchObject({
      parents: true,
      excludes: ['*.md'],
    })
  })

  it('the row leaves out --from, --link and --exclude', async () => {
    const text =
      'FROM scratch AS s\nFROM scratch\nCOPY --from=s --link --exclude=x --chown=1:2 --parents a <<E /d/\nE\n'
    expect(rowsOf(await planText(text))).toEqual(['COPY --parents --chown=1:2 a <<E /d/ # buildkit'])
  })
})

import type { ContextAnswer, ContextFolder, ContextReport, ContextUse } from '../../index.ts'
import { formatPlace } from '../../source.ts'
import { countText, humanSize, visible } from '../../text/index.ts'
import type { Paint } from '../text/paint.ts'
import { table } from '../text/table.ts'
import { oneLine } from '../views/step.ts'

/** Rows of a list; what does not fit is counted. */
const mostRows = 10

/** A context for people: how large it is, the biggest folders, what is copied and what never is. */
export function contextText(report: ContextReport): string {
  const { total, uses, unused, ignored, folders } = report
  const taken = uses.length > 0 ? table([['', 'SIZE', 'FILES', 'TAKEN BY'], ...uses.map(useRow)], spacing) : ''
  return [
    `${headline(report)}\n`,
    section('Biggest folders', folderTable(worthShowing(folders), 'FOLDER')),
    ignored.length > 0 ? section('Kept out by the ignore file', ignoredTable(report)) : '',
    section('What the Dockerfile takes', taken || 'nothing\n'),
    ...uses.flatMap(missingSources),
    unused.total.files > 0
      ? section(
          `Never copied: ${countOf(unused.total)}, ${share(unused.total.bytes, total.bytes)}`,
          folderTable(unused.folders, 'PATH'),
        )
      : '\nEvery file is copied.\n',
  ].join('')
}

function headline({ context, total, ignoreFile }: ContextReport): string {
  const ignore = ignoreFile
    ? `${visible(ignoreFile.name)} has ${countText(ignoreFile.patterns, 'pattern')}`
    : 'no ignore file'
  return `context ${shownPath(context)}: ${countOf(total)} (${ignore})`
}

function section(title: string, body: string): string {
  return body === '' ? '' : `\n${title}:\n${indented(body)}`
}

/** A folder whose every file is in one folder of it says nothing that this one does not. */
function worthShowing(folders: readonly ContextFolder[]): readonly ContextFolder[] {
  return folders.filter(
    ({ path, files }) =>
      files > 0 && !folders.some((other) => other.path.startsWith(`${path}/`) && other.files === files),
  )
}

function folderTable(folders: readonly ContextFolder[], title: string): string {
  if (folders.length === 0) return ''
  const rows = folders
    .slice(0, mostRows)
    .map(({ path, files, bytes, isFolder }) => [
      humanSize(bytes),
      isFolder ? String(files) : '',
      `${shownPath(path)}${isFolder ? '/' : ''}`,
    ])
  return table([['SIZE', 'FILES', title], ...rows], spacing) + more(folders.length)
}

function ignoredTable({ ignored }: ContextReport): string {
  const rows = ignored
    .slice(0, mostRows)
    .map(({ path, by }) => [
      shownPath(path),
      by ? `${visible(by.file)}:${by.line}` : 'the store of tsbuild',
      visible(by?.pattern ?? ''),
    ])
  return table(rows, spacing) + more(ignored.length)
}

function more(count: number): string {
  return count > mostRows ? `and ${count - mostRows} more\n` : ''
}

function useRow(use: ContextUse, index: number): readonly string[] {
  return [`#${index + 1}`, humanSize(use.bytes), String(use.files), placed(use)]
}

function placed({ label, at, kind }: ContextUse): string {
  return `${oneLine(label)}${kind === 'mount' ? ' (mount)' : ''}${at ? ` (${visible(formatPlace(at))})` : ''}`
}

function missingSources({ sources }: ContextUse): readonly string[] {
  return sources.flatMap(({ error }) =>
    error ? [`  ${oneLine(error.message)}${error.hint === undefined ? '' : ` (${oneLine(error.hint)})`}\n`] : [],
  )
}

/** One line a file: what takes it, size, path. */
export function filesText({ files }: ContextReport): string {
  const rows = files.map(({ path, kind, size, usedBy }) => [
    kind === 'directory' ? '' : humanSize(size),
    usedBy.map((index) => `#${index + 1}`).join(',') || '-',
    `${shownPath(path)}${kind === 'directory' ? '/' : kind === 'special' ? ' (cannot be copied)' : ''}`,
  ])
  return table([['SIZE', 'TAKEN', 'PATH'], ...rows], spacing)
}

/** For each path that was asked about what decided, and what takes it. */
export function whyText({ why, uses }: ContextReport): string {
  return why
    .map((each) => {
      const { lines, usedBy } = each
      const earlier = lines
        .slice(0, -1)
        .map(({ file, line, pattern }) => `  before that ${visible(`${file}:${line}`)}  ${visible(pattern)}\n`)
      const taken = usedBy.flatMap((index) => uses[index] ?? []).map((use) => `  taken by ${placed(use)}\n`)
      const unused = each.outcome === 'sent' || each.outcome === 'partly' ? '  never copied\n' : ''
      return [
        `${shownPath(each.path)}: ${verdict(each)}\n`,
        ...earlier.reverse(),
        ...(taken.length > 0 ? taken : [unused]),
      ].join('')
    })
    .join('')
}

function verdict({ outcome, decidedBy }: ContextAnswer): string {
  const line = decidedBy && `${visible(`${decidedBy.file}:${decidedBy.line}`)}  ${visible(decidedBy.pattern)}`
  switch (outcome) {
    case 'sent':
      return line ? `in the context: taken back by ${line}` : 'in the context: no line of an ignore file matches'
    case 'partly':
      return `ignored by ${line}, but for what a later line takes back`
    case 'ignored':
      return line ? `ignored by ${line}` : 'not in the context: it is the store of tsbuild'
    case 'missing':
      return line
        ? `not there; ${line} would ${decidedBy.pattern.startsWith('!') ? 'take it back' : 'ignore it'}`
        : 'not there, and no line of an ignore file matches'
  }
}

/** What would make the context smaller or builds more often cached, as warnings. */
export function adviceText({ advice }: Pick<ContextReport, 'advice'>, paint: Paint): string {
  return advice
    .map(
      ({ message, hint }) =>
        `\n${paint('yellow', 'advice:')} ${oneLine(message)}\n${paint('cyan', 'hint:')} ${oneLine(hint)}\n`,
    )
    .join('')
}

/** On one line, with nothing hidden in it. */
function shownPath(path: string): string {
  return visible(path.replace(/[\t\n]/g, (letter) => `<U+${letter === '\n' ? '000A' : '0009'}>`))
}

function countOf({ files, bytes }: { readonly files: number; readonly bytes: number }): string {
  return `${countText(files, 'file')}, ${humanSize(bytes)}`
}

function share(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.round((100 * part) / whole)} % of the bytes`
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

const spacing = { gap: 3, least: 0 } as const

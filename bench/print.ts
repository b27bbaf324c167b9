import { readFileSync, writeFileSync } from 'node:fs'
import type { Report } from './report.ts'
import { asMarkdown, asText, memoryTable, remarks, timeTable } from './table.ts'

/** All of a report, for a terminal. */
export function asPlainPage(report: Report): string {
  const notes = remarks(report)
  return [aboutRun(report), asText(timeTable(report)), asText(memoryTable(report)), notes.join('\n')]
    .filter((part) => part !== '')
    .join('\n\n')
}

/** The same for a page of the documentation. */
export function asMarkdownPage(report: Report): string {
  const notes = remarks(report).map((note) => `- ${note.split('\n')[0]}`)
  return [
    aboutRun(report),
    asMarkdown(timeTable(report)),
    asMarkdown(memoryTable(report)),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ].join('\n\n')
}

const [begin, end] = ['<!-- bench: begin -->', '<!-- bench: end -->']

/** Puts a report between the two marks of a page. */
export function writeInto(page: string, report: Report): void {
  const text = readFileSync(page, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${page} has no ${begin} and ${end}`)
  const kept = [text.slice(0, from + begin.length), text.slice(to)]
  writeFileSync(page, kept.join(`\n${asMarkdownPage(report)}\n\n`))
}

function aboutRun({ date, machine, versions, load }: Report): string {
  const { processor, cores, memory, system, kernel, filesystem, node } = machine
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const place = `${processor}, ${cores} cores, ${Math.round(memory / 2 ** 30)} GiB, ${system}, Linux ${kernel}, ${filesystem}`
  return `${date.slice(0, 10)}: ${place}; Node ${node}; load ${load.join(' → ')}; ${programs.join(', ')}.`
}

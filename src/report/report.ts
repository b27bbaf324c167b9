import type { BuildRecord } from '../builds/index.ts'
import { type Html, html } from './html.ts'
import type { StepLog } from './log/block.ts'
import { pageOf } from './page.ts'
import { dockerfileSection } from './sections/dockerfile.ts'
import { graphSection } from './sections/graph.ts'
import { header } from './sections/header.ts'
import { sizesSection } from './sections/sizes.ts'
import { stepsSection } from './sections/steps.ts'
import { terminalRules } from './style/colours.ts'
import { graphRules } from './style/graph-rules.ts'
import { pageRules } from './style/page-rules.ts'
import { dockerfileRules, sizeRules, stepRules } from './style/section-rules.ts'

/**
 * A build as one page. All that a record and its logs say is text of others: it is shown as text.
 * @param logs by the numbers of their steps
 */
export function reportPage(record: BuildRecord, logs: ReadonlyMap<number, StepLog>): string {
  const sizes = sizesSection(record)
  const dockerfile = dockerfileSection(record)
  return pageOf({
    title: `${record.name} · tsbuild report`,
    rules: [pageRules, stepRules, graphRules, sizeRules, dockerfileRules, terminalRules()].join(''),
    top: html`${header(record)}${links(sizes !== undefined, dockerfile !== undefined)}`,
    body: html`${stepsSection(record, logs)}${graphSection(record)}${sizes}${dockerfile}`,
    foot: 'tsbuild report',
  })
}

function links(sizes: boolean, dockerfile: boolean): Html {
  return html`<nav aria-label="Sections"><a href="#steps">Steps</a><a href="#graph">Graph</a>${sizes && html`<a href="#sizes">Sizes</a>`}${dockerfile && html`<a href="#dockerfile">Dockerfile</a>`}</nav>`
}

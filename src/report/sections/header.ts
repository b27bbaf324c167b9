import type { BuildRecord, StepRecord } from '../../builds/index.ts'
import { onOneLine } from '../diagram/diagram.ts'
import { type Hole, type Html, html } from '../html.ts'
import { errorText, momentText, shortDigest, sizeText, timeText } from '../words.ts'

/** What was built, what came of it, and its numbers. */
export function header(record: BuildRecord): Html {
  const { status, started, name } = record
  const words = { completed: 'Built', error: 'Failed', canceled: 'Canceled' }[status]
  return html`<h1>${name}</h1>
<p class="state"><span class="badge ${status}">${words}</span><span class="muted">${momentText(started)}</span></p>
${numbers(record)}
${failure(record)}
${about(record)}`
}

function numbers({ steps, images, started, completed }: BuildRecord): Html {
  const layers = steps.filter(({ kind }) => makesLayer(kind))
  const count = (outcome: string) => layers.filter((step) => step.outcome === outcome).length
  const saved = layers.reduce((sum, step) => sum + (step.outcome === 'cached' ? (step.saved ?? 0) : 0), 0)
  const unfinished = [
    count('error') > 0 && `${count('error')} failed`,
    count('canceled') > 0 && `${count('canceled')} canceled`,
  ].filter((words) => words !== false)
  const [image] = images
  const size = image?.layers.reduce((sum, layer) => sum + layer.size, 0)
  const own = image?.layers.reduce((sum, layer) => sum + (layer.step === undefined ? 0 : layer.size), 0)
  return html`<dl class="numbers">
${number('Time', timeText(completed - started))}
${number('Steps', String(layers.length), count('not-run') > 0 && `${count('not-run')} not run`)}
${number('From the cache', String(count('cached')), saved >= 100 && `saved ${timeText(saved)}`)}
${number('Ran', String(count('ran')), unfinished.length > 0 && unfinished.join(', '))}
${size !== undefined && number('Image', sizeText(size), imageNote(images, own, size))}
</dl>`
}

function imageNote(images: BuildRecord['images'], own: number | undefined, size: number): string | false {
  const [first] = images
  if (first && images.length > 1) return `for ${first.platform}`
  return own !== undefined && own !== size && `${sizeText(own)} on its base`
}

function makesLayer(kind: string): boolean {
  return kind === 'copy' || kind === 'run' || kind === 'mkdir'
}

function number(name: string, value: string, note?: string | false): Html {
  return html`<div><dt>${name}</dt><dd>${value}${note && html`<span class="note">${note}</span>`}</dd></div>`
}

function failure({ error, steps }: BuildRecord): Hole {
  if (!error) return undefined
  const step = steps.find(({ id }) => id === error.step)
  const links = [
    step && html`<a href="#s${step.number}">What the step printed</a>`,
    error.line !== undefined && html`<a href="#L${error.line}">Line ${error.line} of the Dockerfile</a>`,
  ].filter(Boolean)
  return html`<div class="failure">${said(error.message, step)}${error.hint !== undefined && html`<p class="hint">${error.hint}</p>`}<p class="where"><code>${error.code}</code>${links.map((link) => html` · ${link}`)}</p></div>`
}

/** A step that failed has its command in its label. */
function said(message: string, step: StepRecord | undefined): Html {
  const rest = errorText(message)
  if (!step || rest === message) return html`<pre class="said">${message}</pre>`
  return html`<pre>${onOneLine(step.label)}</pre><p class="said">${rest}</p>`
}

function about({ context, dockerfile, target, platforms, tags, images, number }: BuildRecord): Html {
  const facts: readonly (readonly [string, Hole])[] = [
    ['Context', html`<code>${context}</code>`],
    ['Dockerfile', dockerfile && html`<code>${dockerfile.path}</code>`],
    ['Target', target],
    ['Platforms', platforms.join(', ')],
    ['Names', tags.length > 0 && tags.map((tag, i) => html`${i > 0 && ', '}<code>${tag}</code>`)],
    ['Manifest', images.length > 0 && images.map((image) => manifest(image.platform, image.digest, images.length > 1))],
    ['Build', `number ${number}`],
  ]
  return html`<dl class="facts about">${facts.map(([name, value]) => value !== undefined && value !== false && value !== '' && html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`
}

function manifest(platform: string, digest: string, several: boolean): Html {
  return html`<div><code title="${digest}">${several ? shortDigest(digest) : digest}</code>${several && ` ${platform}`}</div>`
}

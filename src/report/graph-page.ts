import { countText } from '../text/index.ts'
import { briefParts, type Diagram, type DiagramNode, onOneLine } from './diagram/diagram.ts'
import { type Html, html } from './html.ts'
import { pageOf } from './page.ts'
import { drawn } from './sections/graph.ts'
import { graphRules } from './style/graph-rules.ts'
import { pageRules } from './style/page-rules.ts'
import { planRules } from './style/section-rules.ts'

/** The graph of a plan as a page: the picture, and each step with what would become of it. */
export function graphPage(diagram: Diagram, name: string): string {
  const nodes = diagram.nodes.map((node, i) => ({ ...node, href: `#n${i + 1}` }))
  const steps = nodes.filter(({ tone }) => tone !== 'source')
  const todo = steps.filter(({ tone }) => tone !== 'hit').length
  return pageOf({
    title: `${name} · tsbuild graph`,
    rules: [pageRules, graphRules, planRules].join(''),
    top: html`<h1>${name}</h1>
<p class="state"><span class="muted">${countText(steps.length, 'step')}, ${todo === 0 ? 'all of them in the cache' : `${todo} not in the cache`}</span></p>`,
    body: html`<section id="graph" aria-labelledby="graph-title">
<div class="head"><h2 id="graph-title">Layer graph</h2><span class="quiet">what is read stands above who reads it</span></div>
${drawn({ nodes })}
<ul class="legend" aria-label="Colours"><li class="hit">in the cache</li><li class="ran">would run</li><li class="unknown">depends on what an earlier step gives</li><li class="base">is read</li></ul>
</section>
<section id="steps" aria-labelledby="steps-title">
<div class="head"><h2 id="steps-title">Steps</h2></div>
<ol class="plan card">
${nodes.map(row)}
</ol>
</section>`,
    foot: 'tsbuild graph',
  })
}

function row({ label, note, tone }: DiagramNode, index: number): Html {
  const { place, text } = briefParts(label)
  return html`<li id="n${index + 1}" class="${tone}"><span class="name">${place !== '' && html`<span class="muted">${place}</span> `}<code>${text}</code></span>${note !== '' && html`<span class="note">${onOneLine(note)}</span>`}</li>
`
}

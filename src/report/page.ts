import { createHash } from 'node:crypto'
import { type Html, html, pageText, styleElement } from './html.ts'
import { colourRules } from './style/colours.ts'

/** What stands around the sections of every page. */
export interface Page {
  readonly title: string
  /** Rules beside those of colours. */
  readonly rules: string
  readonly top: Html
  readonly body: Html
  readonly foot: string
}

/**
 * A page that is one file: no script, nothing fetched, no form sent, and a policy that lets the browser hold it to that. The
 * rules of style are named by their digest, so that none of a log is taken for one.
 */
export function pageOf({ title, rules, top, body, foot }: Page): string {
  const style = `${colourRules()}${rules}`
  const digest = createHash('sha256').update(style).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`
  return pageText(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
${styleElement(style)}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<div class="top"><span>${foot}</span>${themeChoice()}</div>
${top}
</header>
<main id="main">
${body}
</main>
</body>
</html>
`)
}

/** Works without a script: the rules ask which of them is checked. */
function themeChoice(): Html {
  return choice('theme', 'Colours', [
    { id: 'theme-auto', text: 'Auto' },
    { id: 'theme-light', text: 'Light' },
    { id: 'theme-dark', text: 'Dark' },
  ])
}

/** One of several; the first is chosen unless another is. */
export function choice(
  name: string,
  legend: string,
  options: readonly { readonly id: string; readonly text: string; readonly chosen?: boolean }[],
): Html {
  const chosen = options.find((option) => option.chosen) ?? options[0]
  return html`<fieldset class="choice"><legend class="sr">${legend}</legend>${options.map((option) => {
    const checked = option === chosen && html` checked`
    return html`<label><input type="radio" name="${name}" id="${option.id}" autocomplete="off"${checked}>${option.text}</label>`
  })}</fieldset>`
}

import { expect, test } from 'vitest'
import { html, pageText, styleElement } from '../../src/report/html.ts'

test('what is in a hole is text, in content and in the value of an attribute', () => {
  const text = `<b title="x" class='y'>&amp;`
  const escaped = '&lt;b title=&quot;x&quot; class=&#39;y&#39;&gt;&amp;amp;'
  expect(pageText(html`<p title="${text}">${text}</p>`)).toBe(`<p title="${escaped}">${escaped}</p>`)
})

test('pieces and lists of them stay what they are; nothing comes of undefined and false', () => {
  const rows = ['<', 2].map((row) => html`<i>${row}</i>`)
  expect(pageText(html`${rows}${undefined}${false}${0}`)).toBe('<i>&lt;</i><i>2</i>0')
})

test('what looks like a piece and is none is text', () => {
  const forged = JSON.parse('{"markup":"<script>"}')
  expect(pageText(html`${forged}`)).toBe('[object Object]')
})

test('what cannot be seen, or turns text around, is named', () => {
  expect(pageText(html`${'a\x1b[31m\u202eb\u200b'}`)).toBe('a&lt;U+001B&gt;[31m&lt;U+202E&gt;b&lt;U+200B&gt;')
})

test('rules of style with markup in them are a bug', () => {
  expect(() => styleElement('</style><script>')).toThrow('markup')
})

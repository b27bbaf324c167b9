import { describe, expect, test } from 'vitest'
import { parseTemplate } from '../../../src/cli/template/index.ts'

const data = {
  ID: '5a1f0c9d2e77',
  Size: '1.84MB',
  Text: 'COPY . /srv',
  Names: ['a', 'b'],
  Config: { Cmd: ['node', 'x'], Labels: { b: '2', a: '1' }, Port: 80 },
  Empty: '',
}

function render(template: string): string {
  return parseTemplate(template).render(data)
}

describe('a Go template', () => {
  test.each([
    ['plain', 'plain'],
    ['{{.ID}} {{ .Size }}', '5a1f0c9d2e77 1.84MB'],
    ['{{.Config.Cmd}}', '[node x]'],
    ['{{.Config.Labels}}', 'map[a:1 b:2]'],
    ['{{.Config.Absent}}', '<no value>'],
    ['{{json .}}', JSON.stringify(data)],
    ['{{json .Names}}', '["a","b"]'],
    ['{{json .Config.Absent}}', 'null'],
    ['{{join .Names ", "}}', 'a, b'],
    ['{{.Names | json}}', '["a","b"]'],
    ['{{lower .Text}} {{upper .ID}} {{title "hello world"}}', 'copy . /srv 5A1F0C9D2E77 Hello World'],
    ['{{split .Text " "}}', '[COPY . /srv]'],
    ['{{index (split .Text " ") 2}}', '/srv'],
    ['{{truncate .ID 4}}', '5a1f'],
    ['{{println .ID}}', '5a1f0c9d2e77\n'],
    ['{{.ID}}\\t{{.Size}}\\n', '5a1f0c9d2e77\t1.84MB\n'],
    ['{{if .Empty}}yes{{else}}no{{end}}', 'no'],
    ['{{if eq .Config.Port 80}}web{{else if .ID}}id{{end}}', 'web'],
    ['{{if eq .Config.Port 81}}web{{else if .ID}}id{{end}}', 'id'],
    ['{{range .Names}}<{{.}}>{{end}}', '<a><b>'],
    ['{{range .Names}}{{$.ID}} {{end}}', '5a1f0c9d2e77 5a1f0c9d2e77 '],
    ['{{range .Empty}}x{{else}}none{{end}}', 'none'],
    ['{{with .Config}}{{.Port}}{{end}}', '80'],
    ['{{printf "%-4s|%d|%q" "ab" 7 "x"}}', 'ab  |7|"x"'],
    ['{{len .Names}}', '2'],
    ['a {{- /* gone */ -}} b', 'ab'],
    ['{{"{{"}}.ID{{`}}`}}', '{{.ID}}'],
    ['{{(index .Names 1)}}', 'b'],
    ['{{index .Config.Labels "a" | upper | printf "%s%s" "v"}}', 'v1'],
    ['{{not true}} {{and true "x"}} {{or "" "y"}}', 'false x y'],
  ])('%s', (template, text) => {
    expect(render(template)).toBe(text)
  })

  test.each([
    ['{{.Ide}}', 'there is no field .Ide'],
    ['{{nope .ID}}', 'function "nope" not defined'],
    ['{{.ID', '"{{" without "}}"'],
    ['{{if .ID}}x', '"{{end}}" is missing'],
    ['{{end}}', 'without a beginning'],
    ['{{}}', 'a value is missing'],
    ['{{.ID .Size}}', 'called like a function'],
    ['{{(.ID}}', '")" is missing'],
    ['{{.ID)}}', 'unexpected ")"'],
  ])('%s is refused', (template, message) => {
    expect(() => render(template)).toThrow(message)
  })

  test('a member of the prototype is no field', () => {
    expect(render('{{.Config.constructor}}')).toBe('<no value>')
    expect(() => render('{{.constructor}}')).toThrow('there is no field')
  })
})

/**
 * Parts one CSV record: fields between commas, a field in double quotes may hold commas and doubled quotes.
 * @returns the fields, or the problem in the words of Go's encoding/csv
 */
export function csvFields(text: string): readonly string[] | { readonly problem: string } {
  if (text === '') return { problem: 'EOF' }
  const fields: string[] = []
  let at = 0
  for (;;) {
    const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at)
    if ('problem' in field) return field
    fields.push(field.value)
    if (field.end >= text.length) return fields
    at = field.end + 1
  }
}

type Field = { readonly value: string; readonly end: number } | { readonly problem: string }

function plainField(text: string, start: number): Field {
  const comma = text.indexOf(',', start)
  const end = comma < 0 ? text.length : comma
  const value = text.slice(start, end)
  const quote = value.indexOf('"')
  return quote < 0 ? { value, end } : problemAt(start + quote, 'bare " in non-quoted-field')
}

function quotedField(text: string, start: number): Field {
  let from = start + 1
  for (;;) {
    const quote = text.indexOf('"', from)
    if (quote < 0) return problemAt(text.length, 'extraneous or missing " in quoted-field')
    if (text[quote + 1] === '"') {
      from = quote + 2
      continue
    }
    if (quote + 1 < text.length && text[quote + 1] !== ',') {
      return problemAt(quote, 'extraneous or missing " in quoted-field')
    }
    return { value: text.slice(start + 1, quote).replaceAll('""', '"'), end: quote + 1 }
  }
}

function problemAt(offset: number, what: string): { readonly problem: string } {
  return { problem: `parse error on line 1, column ${offset + 1}: ${what}` }
}

import fc from 'fast-check'

type Members = Record<string, unknown>
const place = fc.double({ min: 0, max: 0.999, noNaN: true })

/** Values that no document has where it has others. */
const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e18, 1e308, 2 ** 53, '', 'x', [], {}, [null], '\u0000', '../../x'),
  fc.constantFrom<unknown>(`sha256:${'b'.repeat(64)}`, `sha512:${'b'.repeat(128)}`, 'sha256:', 'application/json'),
  fc.constantFrom<unknown>([[]], { a: {} }, ['a', 1], 'a'.repeat(5000), '\ud800', '2020-01-01T00:00:00Z'),
  fc.jsonValue(),
)
const change = fc.record({
  how: fc.constantFrom('delete', 'value', 'value', 'add', 'copy', 'wrap', 'proto'),
  at: place,
  from: place,
  value: strange,
})
const textChange = fc.record({
  how: fc.constantFrom('none', 'none', 'none', 'twice', 'deep', 'number', 'proto', 'cut'),
  at: place,
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never
type TextChange = typeof textChange extends fc.Arbitrary<infer T> ? T : never

/** JSON texts of these documents, with members deleted, retyped, moved, doubled, nested deeply, or called `__proto__`. */
export function mutatedJson(documents: readonly object[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...documents), fc.array(change, { maxLength: 3 }), textChange)
    .map(([document, changes, last]) => {
      const value = structuredClone({ document }) as Members
      // The values are the same objects each time: one that was changed, or put into itself, would be in all that come after.
      for (const each of changes) applyChange(value, structuredClone(each))
      return changedText(JSON.stringify(value['document']) ?? '', last)
    })
}

function applyChange(root: Members, { how, at, from, value }: Change): void {
  const places = placesIn(root)
  const [holder, key] = places[Math.floor(at * places.length)] ?? [root, 'document']
  const [other, otherKey] = places[Math.floor(from * places.length)] ?? [root, 'document']
  const inside = holder[key]
  if (how === 'delete' && Array.isArray(holder)) holder.splice(Number(key), 1)
  else if (how === 'delete') delete holder[key]
  else if (how === 'value') holder[key] = value
  else if (how === 'copy') holder[key] = structuredClone(other[otherKey])
  else if (how === 'wrap') holder[key] = [inside]
  else if (Array.isArray(inside)) inside.push(value)
  else if (typeof inside === 'object' && inside !== null)
    Object.defineProperty(inside, how === 'proto' ? '__proto__' : 'constructor', {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
}

/** Every member of every object and list. */
function placesIn(root: Members): readonly (readonly [Members, string])[] {
  const found: (readonly [Members, string])[] = []
  const waiting: unknown[] = [root]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (typeof at !== 'object' || at === null) continue
    for (const [key, value] of Object.entries(at)) {
      found.push([at as Members, key])
      waiting.push(value)
    }
  }
  return found
}

function changedText(text: string, { how, at }: TextChange): string {
  const place = Math.floor(at * text.length)
  const brace = text.indexOf('{', place)
  const number = /\d+/.exec(text.slice(place))
  const inObject = (members: string) =>
    brace < 0
      ? text
      : `${text.slice(0, brace + 1)}${members}${text[brace + 1] === '}' ? '' : ','}${text.slice(brace + 1)}`
  switch (how) {
    case 'none':
      return text
    case 'twice':
      return inObject('"size":1,"digest":"x","config":{}')
    case 'proto':
      return inObject('"__proto__":{"size":1}')
    case 'deep':
      return inObject(`"deep":${'['.repeat(70)}${']'.repeat(70)}`)
    case 'number':
      return number
        ? `${text.slice(0, place + number.index)}9e999${text.slice(place + number.index + number[0].length)}`
        : text
    case 'cut':
      return text.slice(0, place)
  }
}

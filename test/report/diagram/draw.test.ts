import { describe, expect, test } from 'vitest'
import type { DiagramNode } from '../../../src/report/diagram/diagram.ts'
import { layOut } from '../../../src/report/diagram/layout.ts'
import { draw, drawingFormats } from '../../../src/report/index.ts'
import { hostile } from '../record.ts'

function node(id: string, inputs: readonly string[] = [], more: Partial<DiagramNode> = {}): DiagramNode {
  const onto = inputs[0] === undefined ? {} : { onto: inputs[0] }
  return { id, label: `[x 1/2] ${id}`, note: 'hit', tone: 'hit', inputs, ...onto, ...more }
}

/** Two stages on one base, and a third that takes from both. */
const diamond = {
  nodes: [
    node('base', [], { tone: 'source', note: '' }),
    node('a', ['base']),
    node('b', ['base', 'gone']),
    node('b2', ['b']),
    node('end', ['a', 'b2']),
  ],
}

describe('a graph', () => {
  test('as a tree has each step once, what it stands on below it, what it reads besides one deeper', () => {
    expect(draw(diamond, 'tree', 'x')).toBe(`[x 1/2] end  · hit
├─ [x 1/2] b2  · hit
│  [x 1/2] b  · hit
│  [x 1/2] base
[x 1/2] a  · hit
[x 1/2] (see above)
`)
  })

  test('as a tree shows all that nothing reads, and chains of any length at one depth', () => {
    const chain = Array.from({ length: 5000 }, (_, i) => node(`s${i}`, i === 0 ? [] : [`s${i - 1}`]))
    const lines = draw({ nodes: [...chain, node('other')] }, 'tree', 'x').split('\n')
    expect([lines.length, lines[0], lines[1], lines.at(-2)]).toEqual([
      5002,
      '[x 1/2] other  · hit',
      '[x 1/2] s4999  · hit',
      '[x 1/2] s0  · hit',
    ])
  })

  test('as a tree goes on below when stages stand in stages without end', () => {
    const stages = Array.from({ length: 3000 }, (_, i) => node(`s${i}`, i === 0 ? [] : ['none', `s${i - 1}`]))
    const lines = draw({ nodes: stages }, 'tree', 'x').split('\n')
    expect(lines[1]).toBe('├─ [x 1/2] s2998  · hit')
    expect(lines.filter((line) => line.endsWith('s1000  · hit')).length).toBe(1)
    expect(lines.filter((line) => line.endsWith('(see below)')).length).toBe(3000 / 40 - 1)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200)
  })

  test('that is too large to look at is not laid out', () => {
    const many = { nodes: Array.from({ length: 2001 }, (_, i) => node(`s${i}`)) }
    expect(() => draw(many, 'svg', 'x')).toThrow('2,001')
    expect(draw(many, 'dot', 'x').split('\n').length).toBe(2005)
  })

  test('is laid out with what is read above who reads it, no box over another, and all lines inside', () => {
    const { boxes, lines, width, height } = layOut(diamond)
    const at = (id: string) => boxes.find((box) => box.node.id === id) ?? { x: 0, y: 0, width: 0, height: 0 }
    for (const { from, to } of lines) expect(at(from.id).y + at(from.id).height).toBeLessThanOrEqual(at(to.id).y)
    expect(lines.length).toBe(5)
    for (const { points } of lines) {
      expect(points.every(({ x, y }) => x >= 0 && y >= 0 && x <= width && y <= height)).toBe(true)
    }
    const overlaps = boxes.filter((one) =>
      boxes.some(
        (other) => one !== other && Math.abs(one.x - other.x) < one.width && Math.abs(one.y - other.y) < one.height,
      ),
    )
    expect(overlaps).toEqual([])
  })

  test('as SVG is a file of its own that is well-formed, for both themes, and the same each time', () => {
    const svg = draw(diamond, 'svg', 'x')
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*><style>:root\{color-scheme:light dark/)
    expect(svg.match(/class="node hit"/g)?.length).toBe(4)
    expect(draw(diamond, 'svg', 'x')).toBe(svg)
  })

  test('shows no markup and no control character of a label, in any format', () => {
    const label = `${hostile}\x1b]0;title\x07\n"];evil[label="`
    for (const format of drawingFormats) {
      const text = draw({ nodes: [node('a', [], { label, note: label })] }, format, label)
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\u202e]/)
      if (format === 'svg' || format === 'html') expect(text).not.toMatch(/<script|<img/)
    }
    expect(draw({ nodes: [node('a', [], { label })] }, 'dot', 'x').split('\n').length).toBe(5)
  })
})

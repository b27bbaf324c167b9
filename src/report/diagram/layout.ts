import { layout as arrange, Graph } from '@dagrejs/dagre'
import { arrowsOf, type Diagram, type DiagramNode } from './diagram.ts'

/** A diagram with places: pixels from the left upper corner. */
export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly lines: readonly Line[]
}

export interface Box {
  readonly node: DiagramNode
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Line {
  readonly from: DiagramNode
  readonly to: DiagramNode
  readonly points: readonly Point[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

export const boxSize = { width: 236, height: 46 } as const

/** What is read above who reads it, with as few crossings as dagre finds. */
export function layOut(diagram: Diagram): Layout {
  const { nodes } = diagram
  const graph = new Graph()
  // The quicker way of ranks is as good to look at, and a graph of thousands of nodes does not wait for minutes.
  const ranker = nodes.length > 200 ? 'longest-path' : 'network-simplex'
  graph.setGraph({ rankdir: 'TB', nodesep: 20, edgesep: 12, ranksep: 26, marginx: margin, marginy: margin, ranker })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of nodes) graph.setNode(id, { ...boxSize })
  const arrows = arrowsOf(diagram)
  for (const { from, to } of arrows) graph.setEdge(from.id, to.id, { weight: to.onto === from.id ? 8 : 1 })
  arrange(graph)
  const boxes = nodes.map((node) => boxOf(node, graph.node(node.id) as Point))
  const lines = arrows.map(({ from, to }) => ({ from, to, points: pointsOf(graph.edge(from.id, to.id)) }))
  return { ...sizeOf(boxes, lines), boxes, lines }
}

/** dagre counts boxes alone: a line that goes around one may be farther out. */
function sizeOf(boxes: readonly Box[], lines: readonly Line[]): { readonly width: number; readonly height: number } {
  const points = lines.flatMap((line) => line.points)
  const farthest = (values: readonly number[]) => Math.ceil(values.reduce((most, value) => Math.max(most, value), 0))
  return {
    width: farthest([...boxes.map(({ x, width }) => x + width), ...points.map(({ x }) => x)]) + margin,
    height: farthest([...boxes.map(({ y, height }) => y + height), ...points.map(({ y }) => y)]) + margin,
  }
}

const margin = 8

function boxOf(node: DiagramNode, { x, y }: Point): Box {
  return { node, x: round(x - boxSize.width / 2), y: round(y - boxSize.height / 2), ...boxSize }
}

function pointsOf(edge: unknown): readonly Point[] {
  const { points = [] } = edge as { readonly points?: readonly Point[] }
  return points.map(({ x, y }) => ({ x: round(x), y: round(y) }))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

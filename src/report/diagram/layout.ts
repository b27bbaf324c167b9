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
  graph.setGraph({ rankdir: 'TB', nodesep: 20, edgesep: 12, ranksep: 26, marginx: 8, marginy: 8, ranker })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of nodes) graph.setNode(id, { ...boxSize })
  const arrows = arrowsOf(diagram)
  for (const { from, to } of arrows) graph.setEdge(from.id, to.id, { weight: to.onto === from.id ? 8 : 1 })
  arrange(graph)
  const { width = 0, height = 0 } = graph.graph() as { readonly width?: number; readonly height?: number }
  return {
    width: Math.max(0, Math.ceil(width)),
    height: Math.max(0, Math.ceil(height)),
    boxes: nodes.map((node) => boxOf(node, graph.node(node.id) as Point)),
    lines: arrows.map(({ from, to }) => ({ from, to, points: pointsOf(graph.edge(from.id, to.id)) })),
  }
}

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

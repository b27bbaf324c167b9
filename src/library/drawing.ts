import { forecastText } from '../forecast-text.ts'
import type { Diagram, DrawingFormat } from '../report/index.ts'
import type { BuildForecast, PlannedStep } from './forecast.ts'

/**
 * The graph of a plan as text (`tree`), for Mermaid or Graphviz, as a picture, or as a page that needs nothing else.
 * @param name of what it shows, for people
 */
export async function drawPlan(plan: BuildForecast, format: DrawingFormat, name: string): Promise<string> {
  const { draw } = await import('../report/index.ts')
  return draw(planDiagram(plan), format, name)
}

function planDiagram({ steps }: BuildForecast): Diagram {
  const labels = new Map(steps.map(({ id, label }) => [id as string, label]))
  const node = (step: PlannedStep): Diagram['nodes'][number] => ({
    id: step.id,
    label: step.label,
    note: forecastText(step, (id) => labels.get(id) ?? id),
    tone: step.problem ? 'error' : step.forecast.kind,
    inputs: step.inputs,
    ...(step.onto && { onto: step.onto }),
  })
  return { nodes: steps.filter(({ kind }) => kind !== 'scratch').map(node) }
}

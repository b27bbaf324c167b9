import { didYouMean } from '../../errors.ts'
import { FlagError } from '../flags/flag-error.ts'
import { asList, call, isRecord, isTrue, member, print } from './functions.ts'
import type { Command, Node, Operand, Pipeline } from './node.ts'

/** The text of nodes. @param dot what `.` is @param root what `$` is */
export function evaluate(nodes: readonly Node[], dot: unknown, root: unknown): string {
  return nodes.map((node) => textOf(node, dot, root)).join('')
}

function textOf(node: Node, dot: unknown, root: unknown): string {
  if (node.kind === 'text') return node.text
  const value = valueOfPipeline(node.pipeline, dot, root)
  switch (node.kind) {
    case 'print':
      return print(value)
    case 'if':
      return evaluate(isTrue(value) ? node.body : node.otherwise, dot, root)
    case 'with':
      return isTrue(value) ? evaluate(node.body, value, root) : evaluate(node.otherwise, dot, root)
    case 'range':
      return isTrue(value)
        ? asList(value)
            .map((item) => evaluate(node.body, item, root))
            .join('')
        : evaluate(node.otherwise, dot, root)
  }
}

function valueOfPipeline(pipeline: Pipeline, dot: unknown, root: unknown): unknown {
  return pipeline.reduce<{ readonly value: unknown } | undefined>(
    (before, command) => ({ value: run(command, before ? [before.value] : [], dot, root) }),
    undefined,
  )?.value
}

function run([first, ...rest]: Command, piped: readonly unknown[], dot: unknown, root: unknown): unknown {
  const args = [...rest.map((operand) => operandValue(operand, dot, root)), ...piped]
  if (first?.kind === 'function') return call(first.name, args)
  if (args.length > 0) throw new FlagError('--format: a value is called like a function')
  return first && operandValue(first, dot, root)
}

function operandValue(operand: Operand, dot: unknown, root: unknown): unknown {
  switch (operand.kind) {
    case 'literal':
      return operand.value
    case 'function':
      return call(operand.name, [])
    case 'group':
      return operand.path.reduce(member, valueOfPipeline(operand.pipeline, dot, root))
    case 'field': {
      const start = operand.fromRoot ? root : dot
      if (start === root) checkField(operand.path[0], root)
      return operand.path.reduce(member, start)
    }
  }
}

/** A wrong name in the data itself is a slip of the pen; deeper down, members are often absent. */
function checkField(name: string | undefined, data: unknown): void {
  if (name === undefined || !isRecord(data) || Object.hasOwn(data, name)) return
  const names = Object.keys(data)
  throw new FlagError(`--format: there is no field .${name}`, didYouMean(name, names) ?? `fields: ${names.join(', ')}`)
}

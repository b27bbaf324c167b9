import type { ImageConfig } from './config.ts'

/** The order in which other builders write the members of an object. Those not named follow in alphabetical order. */
const orders: Readonly<Record<string, readonly string[]>> = {
  config:
    'User ExposedPorts Env Entrypoint Cmd Volumes WorkingDir Labels StopSignal ArgsEscaped Healthcheck OnBuild Shell'.split(
      ' ',
    ),
  history: ['created', 'created_by', 'author', 'comment', 'empty_layer'],
  rootfs: ['type', 'diff_ids'],
  Healthcheck: ['Test', 'Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'],
}

/**
 * The bytes of a config document: no white space, and the order of members fixed at every level, so that equal values
 * give equal bytes.
 */
export function configBytes(config: ImageConfig): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(inOrder(config, '')))
}

/** `name` is the member that holds the value. */
function inOrder(value: unknown, name: string): unknown {
  if (Array.isArray(value)) return value.map((each) => inOrder(each, name))
  if (typeof value !== 'object' || value === null) return value
  const order = Object.hasOwn(orders, name) ? (orders[name] ?? []) : []
  const rank = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length)
  const members = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([key, member]) => [key, inOrder(member, key)]))
}

import { formatPlatform } from '../image/index.ts'
import { inputsOf } from './inputs.ts'
import type { CopyOp, GitOp, Mount, Op, OpId, RunOp } from './op.ts'
import type { Node, Plan } from './plan.ts'

/**
 * A plan for people and for review: one op a line (its number, label, what it reads, its fields), then the config rows that
 * the image gets. The same plan gives the same text; digests are shortened, numbers are places in the list.
 */
export function printPlan(plan: Plan): string {
  const numbers = new Map(plan.nodes.map(({ id }, i) => [id, `#${i + 1}`]))
  const number = (id: OpId) => numbers.get(id) ?? '#?'
  const lines = plan.nodes.map((node) => printNode(node, number))
  const rows = plan.image.history.map(
    ({ createdBy, layer }) => `history ${layer ? number(layer) : '-'} ${oneLine(createdBy)}`,
  )
  const warnings = plan.warnings.map(({ rule, message }) => `warning ${rule}: ${oneLine(message)}`)
  return [...lines, `target ${number(plan.target)}`, ...rows, ...warnings].map((line) => `${line}\n`).join('')
}

function printNode({ id, op, label, noCache, unkeyed, emulates }: Node, number: (id: OpId) => string): string {
  const inputs = inputsOf(op).map(number)
  return [
    number(id),
    shortDigests(oneLine(label)),
    '|',
    op.kind,
    ...(inputs.length > 0 ? [`<- ${inputs.join(' ')}`] : []),
    ...fieldsOf(op, number),
    ...(emulates ? [`emulates=${formatPlatform(emulates)}`] : []),
    ...(noCache ? ['no-cache'] : []),
    ...(unkeyed ? [`unkeyed=${list(unkeyed)}`] : []),
  ].join(' ')
}

function fieldsOf(op: Op, number: (id: OpId) => string): readonly string[] {
  switch (op.kind) {
    case 'image':
      return [shortDigests(`${op.image.name}@${op.image.manifest}`), formatPlatform(op.platform)]
    case 'scratch':
      return []
    case 'context':
      return [op.name]
    case 'http':
      return [quoted(op.url), `name=${quoted(op.name)}`, ...given('checksum', op.checksum)]
    case 'git':
      return gitFields(op)
    case 'copy':
      return copyFields(op, number)
    case 'run':
      return runFields(op, number)
    case 'mkdir':
      return [op.path, `mode=0${op.mode.toString(8)}`, ...given('owner', op.owner)]
  }
}

function gitFields(op: GitOp): readonly string[] {
  return [
    quoted(op.remote),
    ...given('ref', op.ref),
    ...given('subdir', op.subdir),
    ...given('checksum', op.checksum),
    ...(op.fetchByCommit ? ['fetch-by-commit'] : []),
    ...(op.keepGitDir ? ['keep-git-dir'] : []),
    ...(op.submodules ? [] : ['no-submodules']),
    ...(op.mtime === 'commit' ? ['mtime=commit'] : []),
  ]
}

function copyFields(op: CopyOp, number: (id: OpId) => string): readonly string[] {
  return [
    ...op.sources.map(({ from, path, unpack }) => `${number(from)}:${quoted(path)}${unpack ? '(unpack)' : ''}`),
    ...op.inline.map(({ name, text }) => `<<${quoted(name)}(${Buffer.byteLength(text)})`),
    `-> ${quoted(op.dest)}`,
    ...given('chown', op.chown),
    ...given('chmod', op.chmod),
    ...(op.link ? ['link'] : []),
    ...(op.parents ? ['parents'] : []),
    ...(op.excludes.length > 0 ? [`exclude=${list(op.excludes)}`] : []),
  ]
}

function runFields(op: RunOp, number: (id: OpId) => string): readonly string[] {
  return [
    list(op.argv),
    `cwd=${quoted(op.cwd)}`,
    ...given('user', op.user),
    `env=${list(op.env)}`,
    ...(op.network === 'default' ? [] : [`network=${op.network}`]),
    ...(op.security === 'sandbox' ? [] : [`security=${op.security}`]),
    ...op.mounts.map((mount) => printMount(mount, number)),
    ...op.scripts.map(({ path, text }) => `script=${quoted(path)}(${Buffer.byteLength(text)})`),
    formatPlatform(op.platform),
    ...given('hostname', op.hostname),
    ...(Object.keys(op.limits).length > 0 ? [`limits=${JSON.stringify(op.limits)}`] : []),
  ]
}

function printMount(mount: Mount, number: (id: OpId) => string): string {
  const from = 'from' in mount && mount.from ? [`from=${number(mount.from)}`] : []
  const fields = Object.entries(mount).flatMap(([key, value]) => {
    if (key === 'kind' || key === 'from' || value === undefined) return []
    if (key === 'mode') return `mode=0${value.toString(8)}`
    return `${key}=${typeof value === 'string' ? quoted(value) : value}`
  })
  return `mount(${[mount.kind, ...from, ...fields].join(' ')})`
}

function given(name: string, value: string | undefined): readonly string[] {
  return value ? [`${name}=${quoted(value)}`] : []
}

function list(texts: readonly string[]): string {
  return JSON.stringify(texts)
}

/** As it is when it is plain, else as JSON, so that a blank or a line feed in it is seen. */
function quoted(text: string): string {
  return /^[\w./:@%+,=*?$-]+$/.test(text) ? text : JSON.stringify(text)
}

function shortDigests(text: string): string {
  return text.replaceAll(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1')
}

function oneLine(text: string): string {
  return text.replaceAll(/[\n\r]/g, (character) => (character === '\n' ? '\\n' : '\\r'))
}

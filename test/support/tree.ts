import {
  type Change,
  type Entry,
  type Metadata,
  type Tree,
  treeOfEntries,
  treePath,
  walk,
} from '../../src/tree/index.ts'

/**
 * A tree from lines: `dir /app`, `file /app/a hi` (content may be absent), `link /app/b -> a`, `hardlink /c = /app/a`,
 * `fifo /p`, `char /dev/null 1:3`, `gone /old` (a whiteout), `opaque /d`. Attributes in brackets after the kind:
 * `file[mode=4755,uid=1,gid=2,mtime=3,x.user.a=v] /su x`. Otherwise 0644 (directories 0755, links 0777), 0:0, 1970.
 */
export function tree(...lines: readonly string[]): Tree<Entry> {
  return treeOfEntries(lines.map((line) => change(line) as Entry))
}

/** The same, for a layer: with `gone` and `opaque` lines. */
export function layer(...lines: readonly string[]): Tree {
  return treeOfEntries(lines.map(change))
}

/** One line as an entry or whiteout. */
export function change(line: string): Change {
  const [, kind = '', options = '', name = '', rest = ''] =
    /^(\w+)(?:\[([^\]]*)\])? (\S+)(?: (?:-> |= )?([\s\S]*))?$/.exec(line) ?? []
  const path = treePath(name)
  const metadata = (mode: number) => ({ mode, uid: 0, gid: 0, mtime: 0, ...attributes(options) })
  switch (kind) {
    case 'dir':
      return { kind: 'directory', path, ...metadata(0o755) }
    case 'opaque':
      return { kind: 'directory', path, opaque: true, ...metadata(0o755) }
    case 'file': {
      const bytes = Buffer.from(rest)
      return { kind: 'file', path, size: bytes.length, content: { kind: 'bytes', bytes }, ...metadata(0o644) }
    }
    case 'link':
      return { kind: 'symlink', path, target: rest, ...metadata(0o777) }
    case 'hardlink':
      return { kind: 'hardlink', path, target: treePath(rest), ...metadata(0o644) }
    case 'fifo':
      return { kind: 'fifo', path, ...metadata(0o644) }
    case 'char': {
      const [major = 0, minor = 0] = rest.split(':').map(Number)
      return { kind: 'character', path, major, minor, ...metadata(0o644) }
    }
    case 'gone':
      return { kind: 'whiteout', path }
    default:
      throw new Error(`no such kind of line: ${line}`)
  }
}

/** A tree as such lines again, in the order of a walk, for comparing. Bytes of files of this machine are not shown. */
export function lines(shown: Tree | Iterable<Change>): readonly string[] {
  return [...('get' in shown ? walk(shown) : shown)].map(lineOf)
}

function lineOf(entry: Change): string {
  const path = `/${entry.path}`
  switch (entry.kind) {
    case 'directory':
      return `${entry.opaque ? 'opaque' : 'dir'}${bracket(entry, 0o755)} ${path}`
    case 'file': {
      const text = entry.content.kind === 'bytes' ? Buffer.from(entry.content.bytes).toString() : ''
      return `file${bracket(entry, 0o644)} ${path}${text && ` ${text}`}`
    }
    case 'symlink':
      return `link${bracket(entry, 0o777)} ${path} -> ${entry.target}`
    case 'hardlink':
      return `hardlink${bracket(entry, 0o644)} ${path} = /${entry.target}`
    case 'fifo':
      return `fifo${bracket(entry, 0o644)} ${path}`
    case 'character':
    case 'block':
      return `${entry.kind === 'block' ? 'block' : 'char'}${bracket(entry, 0o644)} ${path} ${entry.major}:${entry.minor}`
    case 'whiteout':
      return `gone ${path}`
  }
}

function attributes(text: string): Partial<Metadata> {
  const pairs = text.split(',').flatMap((pair) => (pair === '' ? [] : [pair.split('=') as [string, string]]))
  const xattrs = pairs.filter(([name]) => name.startsWith('x.'))
  return {
    ...Object.fromEntries(
      pairs
        .filter(([name]) => !name.startsWith('x.'))
        .map(([name, v]) => [name, Number.parseInt(v, name === 'mode' ? 8 : 10)]),
    ),
    ...(xattrs.length > 0 && { xattrs: new Map(xattrs.map(([name, value]) => [name.slice(2), Buffer.from(value)])) }),
  }
}

function bracket(entry: Entry, usualMode: number): string {
  const parts = [
    ...(entry.mode === usualMode ? [] : [`mode=${entry.mode.toString(8)}`]),
    ...(entry.uid === 0 ? [] : [`uid=${entry.uid}`]),
    ...(entry.gid === 0 ? [] : [`gid=${entry.gid}`]),
    ...[...(entry.xattrs ?? [])].map(([name, value]) => `x.${name}=${Buffer.from(value).toString()}`),
  ]
  return parts.length === 0 ? '' : `[${parts.join(',')}]`
}

import { listXattrs } from '../syscalls/index.ts'

/**
 * True for an extended attribute that a layer carries: file capabilities, and what users set. The rest belongs to one
 * machine (labels of its security modules, what overlayfs keeps there for itself), or would steer the next one's overlay.
 */
export function isPortableXattr(name: string): boolean {
  return name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.'))
}

/** The extended attributes of a file of this machine that a layer carries, by name in order; undefined for none. */
export function portableXattrs(path: string | Buffer): ReadonlyMap<string, Uint8Array> | undefined {
  const kept = [...(listXattrs(path) ?? [])]
    .filter(([name]) => isPortableXattr(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return kept.length === 0 ? undefined : new Map(kept)
}

/**
 * True for a value of `security.capability` that the kernel can read: 20 bytes of revision 2, or 24 of revision 3. It sets an
 * empty one too, and then fails whoever asks for it.
 */
export function isCapability(value: Uint8Array): boolean {
  const revision = value[3]
  return (value.length === 20 && revision === 2) || (value.length === 24 && revision === 3)
}

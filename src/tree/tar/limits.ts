import { defaultLimits, type Limits } from '../../limits.ts'

/** What an archive may ask for before it is refused. */
export interface ArchiveLimits {
  /** Members, headers of extensions included. */
  readonly entries: number
  /** Sum of the sizes of all files, holes included. */
  readonly unpackedBytes: number
  /** Bytes of extended headers (PAX records, GNU long names) of one member. */
  readonly extendedBytes: number
  readonly pathBytes: number
  /** Pieces of a path. */
  readonly pathDepth: number
  readonly sparseParts: number
  /** Symbolic links on the way to one path. */
  readonly linkSteps: number
}

export function archiveLimits(limits: Limits): ArchiveLimits {
  return {
    entries: limits['archive-entries'],
    unpackedBytes: limits['archive-bytes'],
    extendedBytes: limits['pax-bytes'],
    pathBytes: limits['path-bytes'],
    pathDepth: limits['path-depth'],
    sparseParts: limits['sparse-parts'],
    linkSteps: limits['link-steps'],
  }
}

export const defaultArchiveLimits = archiveLimits(defaultLimits)

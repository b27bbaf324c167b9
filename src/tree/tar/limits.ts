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
}

export const defaultArchiveLimits: ArchiveLimits = {
  entries: 5_000_000,
  unpackedBytes: 256 * 2 ** 30,
  extendedBytes: 2 ** 20,
  pathBytes: 4096,
  pathDepth: 512,
  sparseParts: 65_536,
}

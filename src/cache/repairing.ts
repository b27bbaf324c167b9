/** What was kept of a layer to look into it turned out to be damaged while it was looked at. */
export class DamagedTreeError extends Error {
  /** Makes it anew from the layer; what is asked of the same tree then is answered. */
  readonly repair: () => Promise<void>

  constructor(cause: Error, repair: () => Promise<void>) {
    super(cause.message, { cause })
    this.repair = repair
  }
}

/** Runs work that looks into layers; from its beginning again when a tree of theirs had to be made anew. */
export async function repairing<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof DamagedTreeError)) throw error
      await error.repair()
    }
  }
}

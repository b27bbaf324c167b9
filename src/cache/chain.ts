import { type Digest, digestOf } from '../digest/index.ts'

/** The chain of no layers. */
export const emptyChain = digestOf('scratch')

/** The chain with one more layer: built from the content ids of the layers, bottom up. */
export function chainOf(below: Digest, contentId: Digest): Digest {
  return digestOf(['chain.v1', below, contentId])
}

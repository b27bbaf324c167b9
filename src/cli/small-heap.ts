import { setFlagsFromString } from 'node:v8'

let isSmall = false

/**
 * Lets the part of the heap for young objects stay as small as it is: most of what a build makes is gone soon, and a small part
 * costs less memory, and less to look through. For when there is work: a build in which all is cached loads this in vain.
 */
export function keepHeapSmall(): void {
  isSmall = true
  setFlagsFromString(small)
}

/** Does something under the flags that V8 started with: it takes compiled code only under those that it was made with. */
export function withFlagsOfStart<T>(work: () => T): T {
  if (!isSmall) return work()
  setFlagsFromString(atStart)
  try {
    return work()
  } finally {
    setFlagsFromString(small)
  }
}

const small = '--semi-space-growth-factor=1'
/** V8's own choice. */
const atStart = '--semi-space-growth-factor=2'

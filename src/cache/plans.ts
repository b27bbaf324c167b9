import { seal, unseal } from '../digest/index.ts'
import type { Plans } from './cache.ts'
import type { Shelf } from './shelf.ts'

/** @param shelf key → text */
export function openPlans(shelf: Shelf): Plans {
  return {
    find: async (key) => unseal((await shelf.get(key)) ?? ''),
    save: (key, text) => shelf.put(key, seal(text)),
  }
}

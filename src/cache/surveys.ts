import { isDigest, seal, unseal } from '../digest/index.ts'
import type { Surveys } from './cache.ts'
import { isSettled } from './settled.ts'
import type { Shelf } from './shelf.ts'

/** @param shelf survey → content id */
export function openSurveys(shelf: Shelf): Surveys {
  return {
    async find({ id }) {
      const found = unseal((await shelf.get(id)) ?? '')
      return found !== undefined && isDigest(found) ? found : undefined
    },
    async save({ id, newest }, contentId, lookedAt) {
      if (isSettled(newest, lookedAt)) await shelf.put(id, seal(contentId))
    },
  }
}

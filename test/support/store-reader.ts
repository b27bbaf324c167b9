/*
 * A process that finds the image NAME in a store, and gives it that name again when there is one, else to the first image:
 * `node store-reader.ts ROOT NAME`.
 */
import { argv } from 'node:process'
import { openStore } from '../../src/store/index.ts'

const [, , root = '', name = ''] = argv
const store = await openStore(root, { now: Date.now })
const image = (await store.images.find(name)) ?? (await store.images.list())[0]
if (!image) throw new Error('no image')
await store.images.tag(image.manifest, name)
await store.close()

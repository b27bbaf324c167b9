import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { conformancePath } from './conformance.ts'

/** The busybox image that the conformance data is built on: an OCI archive with one layer, its user root, `CMD ["sh"]`. */
export const busyboxArchive = resolve(conformancePath('.'), '../bases/busybox.oci.tar')
export const hasBusybox = existsSync(busyboxArchive)

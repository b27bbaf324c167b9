import { TsbuildError } from '../errors.ts'
import type { Patience } from '../http/index.ts'
import type { Descriptor } from '../image/index.ts'
import type { Client, Message } from './client.ts'
import type { Endpoint } from './endpoint.ts'
import { pushScope } from './scopes.ts'

/** A blob that is to be in a repository. */
export interface Outgoing {
  readonly descriptor: Descriptor
  /** The bytes from the first one, as often as it is called. They are hashed once more while they are sent. */
  readonly open: () => AsyncIterable<Uint8Array>
  /** Waited for once, when it has to be sent. */
  readonly ready?: () => Promise<void>
  /** A repository of the same registry that has it, perhaps. */
  readonly elsewhere?: string | undefined
}

/** How a blob came to be there. */
export type Uploaded = 'there' | 'mounted' | 'sent'

export interface UploadPorts {
  readonly client: Client
  readonly endpoint: Endpoint
  readonly patience: Patience
  /** Bytes of one PATCH. */
  readonly chunkSize: number
  /** How many bytes are there already. Goes back when some have to be sent again. */
  readonly report?: ((sent: number) => void) | undefined
  readonly signal: AbortSignal | undefined
}

/** An upload that was begun. */
export interface Upload {
  /** Where the next request of it goes. */
  next: URL
  /** Bytes that the registry has. */
  offset: number
  /** Bytes of one PATCH that the registry wants at least. */
  readonly least: number
  /** Bytes of one PATCH. */
  readonly chunkSize: number
  /** Each PATCH has a connection of its own. */
  readonly alone: boolean
}

/** What is asked of an upload, or of the blob that it is to be. Queries of uploads are not shown. */
export function messageTo(endpoint: Endpoint, method: Message['method'], url: URL, shown: string): Message {
  return {
    method,
    url,
    request: `${method} ${endpoint.repository}/${shown}`,
    scopes: [pushScope(endpoint.repository)],
  }
}

/** `0-1023`: 1024 bytes are there. */
export function endOf(range: string | undefined): number | undefined {
  const [, last] = /^(?:bytes=)?0-(\d{1,15})$/.exec(range ?? '') ?? []
  return last === undefined ? undefined : Number(last) + 1
}

export function changedError({ descriptor }: Outgoing, { host, repository }: Endpoint): TsbuildError {
  return new TsbuildError(
    'TSB_UPLOAD_CHANGED',
    `blob ${descriptor.digest} has other bytes than its digest says, and was not sent to ${host}/${repository}`,
    {
      hint: 'a file of the store was changed: tsbuild doctor --fsck finds it, and what it was is built or pulled again',
    },
  )
}

import type { S3Client } from '@aws-sdk/client-s3'
import { TsbuildError } from '../../errors.ts'
import { defaultPatience } from '../../http/index.ts'
import { type Asked, asking, type Outcome, refused } from '../errors.ts'
import type { S3Location } from '../location.ts'

/** Asks S3 for something. */
export interface Requests {
  readonly client: S3Client
  readonly bucket: string
  /** For messages. @param key of what is asked for */
  asked(method: string, key: string): Asked
  /**
   * One request, tried again while that may help.
   * @param others answers that are as good: undefined is given for them
   * @throws {TsbuildError} TSB_CACHE_DENIED, TSB_CACHE_SERVICE, TSB_CACHE_UNREACHABLE
   */
  ask<T>(
    asked: Asked,
    signal: AbortSignal | undefined,
    send: Send<T>,
    others?: readonly number[],
  ): Promise<T | undefined>
  /** As `ask`, where there has to be an answer. */
  must<T>(asked: Asked, signal: AbortSignal | undefined, send: Send<T>): Promise<T>
}

type Send<T> = (options: { readonly abortSignal?: AbortSignal }) => Promise<T>

export function requestsTo(
  client: S3Client,
  ready: () => Promise<void>,
  { bucket, region, endpoint }: S3Location,
): Requests {
  const host = endpoint === undefined ? `s3.${region ? `${region}.` : ''}amazonaws.com` : new URL(endpoint).host
  async function answerTo<T>(asked: Asked, signal: AbortSignal | undefined, send: Send<T>) {
    await ready()
    return asking(asked, defaultPatience, signal, () => outcomeOf(() => send(signal ? { abortSignal: signal } : {})))
  }
  return {
    client,
    bucket,
    asked: (method, key) => ({ host, request: `${method} s3://${bucket}/${key}` }),
    async ask(asked, signal, send, others = []) {
      const answer = await answerTo(asked, signal, send)
      if ('value' in answer) return answer.value
      if (others.includes(answer.refusal.status)) return undefined
      throw refused(asked, answer.refusal, answer.attempt)
    },
    async must(asked, signal, send) {
      const answer = await answerTo(asked, signal, send)
      if ('value' in answer) return answer.value
      throw refused(asked, answer.refusal, answer.attempt)
    },
  }
}

interface Failure extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

async function outcomeOf<T>(send: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'done', value: await send() }
  } catch (error) {
    // Ours, of an answer that is too long: the client gives it the status of that answer.
    if (error instanceof TsbuildError) throw error
    const { $metadata, $response, name } = error as Failure
    const status = $metadata?.httpStatusCode
    if (status === undefined || status < 300) throw error
    return { kind: 'refused', refusal: { status, code: name, retryAfter: $response?.headers?.['retry-after'] } }
  }
}

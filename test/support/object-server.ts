import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'

const program = path.join(import.meta.dirname, 'programs/object-server.py')

export const hasObjectServer = existsSync('/usr/lib/python3/dist-packages/swift/common/middleware/s3api')
export const noObjectServer = 'python3-swift is not installed (apt-get install python3-swift)'

/** Debian's Swift with its S3 API: a real object store, which checks signatures and knows no conditions. */
export interface ObjectServer extends AsyncDisposable {
  readonly url: string
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string }
  makeBucket(name: string): Promise<void>
  keysIn(bucket: string): Promise<readonly string[]>
  read(bucket: string, key: string): Promise<Buffer>
  /** Undefined when there is no such object. */
  etag(bucket: string, key: string): Promise<string | undefined>
  touched(bucket: string, key: string): Promise<number | undefined>
  write(bucket: string, key: string, bytes: Uint8Array): Promise<void>
}

export async function startObjectServer(): Promise<ObjectServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tsbuild-objects-'))
  const child = spawn('/usr/bin/python3', [program, folder], { stdio: ['pipe', 'pipe', 'ignore'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const url = `http://127.0.0.1:${Number(String(line))}`
  const keys = { accessKeyId: 'test:tester', secretAccessKey: 'testing' }
  const client = clientOf(url, keys)
  const read = async (Bucket: string, Key: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }
  const head = (Bucket: string, Key: string) =>
    client.send(new HeadObjectCommand({ Bucket, Key })).catch(() => undefined)
  return {
    url,
    keys,
    makeBucket: async (Bucket) => void (await client.send(new CreateBucketCommand({ Bucket }))),
    keysIn: async (Bucket) => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
      return Contents.flatMap(({ Key }) => Key ?? [])
    },
    read,
    etag: async (bucket, key) => (await head(bucket, key))?.ETag,
    touched: async (bucket, key) => (await head(bucket, key))?.LastModified?.getTime(),
    write: async (Bucket, Key, Body) => void (await client.send(new PutObjectCommand({ Bucket, Key, Body }))),
    async [Symbol.asyncDispose]() {
      client.destroy()
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function clientOf(endpoint: string, credentials: ObjectServer['keys']): S3Client {
  const checks = { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' } as const
  return new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1, ...checks })
}

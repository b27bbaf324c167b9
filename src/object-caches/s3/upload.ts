import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { Blob } from '../../transfer/index.ts'
import { pieceSize, piecesOf } from '../pieces.ts'
import type { Requests } from './requests.ts'

/**
 * Puts a blob under a key, which shows it when all of it is there.
 * @param report told how many bytes are there
 * @throws {TsbuildError} TSB_UPLOAD_CHANGED and those of `Requests.ask`
 */
export async function upload(
  requests: Requests,
  key: string,
  blob: Blob,
  report: (sent: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (blob.descriptor.size > pieceSize) return uploadInParts(requests, key, blob, report, signal)
  const { client, bucket } = requests
  for await (const bytes of piecesOf(blob)) {
    const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes })
    await requests.must(requests.asked('PUT', key), signal, (options) => client.send(command, options))
    report(bytes.length)
  }
}

async function uploadInParts(
  requests: Requests,
  key: string,
  blob: Blob,
  report: (sent: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { client, bucket } = requests
  const object = { Bucket: bucket, Key: key }
  const asked = requests.asked('POST', key)
  const { UploadId } = await requests.must(asked, signal, (options) =>
    client.send(new CreateMultipartUploadCommand(object), options),
  )
  const parts: { PartNumber: number; ETag: string | undefined }[] = []
  let sent = 0
  try {
    for await (const bytes of piecesOf(blob)) {
      const PartNumber = parts.length + 1
      const command = new UploadPartCommand({ ...object, UploadId, PartNumber, Body: bytes })
      const { ETag } = await requests.must(requests.asked('PUT', key), signal, (options) =>
        client.send(command, options),
      )
      parts.push({ PartNumber, ETag })
      sent += bytes.length
      report(sent)
    }
    const whole = new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts: parts } })
    await requests.must(asked, signal, (options) => client.send(whole, options))
  } catch (error) {
    // Parts that nobody puts together are paid for. What failed is said all the same.
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined)
    throw error
  }
}

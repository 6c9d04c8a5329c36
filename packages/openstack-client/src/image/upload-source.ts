import { open as openFile } from 'node:fs/promises'
import { OpenStackError } from '../openstack-error.js'

/** Where the data of an image come from. */
export type ImageSource =
  | { readonly file: string }
  | { readonly bytes: Uint8Array }
  | {
      /** Called once for each try. */
      readonly open: () => AsyncIterable<Uint8Array>
      readonly sizeBytes?: number | undefined
    }

/** How far an upload is. */
export interface UploadProgress {
  readonly sentBytes: number
  /** Undefined where the source does not say. */
  readonly totalBytes: number | undefined
}

/** A source that is ready to be sent. */
export interface OpenSource {
  readonly open: () => ReadableStream<Uint8Array>
  readonly sizeBytes: number | undefined
}

const pieceBytes = 256 * 1024

/** Finds out how large the source is, and gives a stream of it that tells its progress. */
export async function openSource(
  source: ImageSource,
  onProgress?: (progress: UploadProgress) => void,
): Promise<OpenSource> {
  const { open, sizeBytes } = await readerOf(source)
  return { sizeBytes, open: () => streamOf(open(), sizeBytes, onProgress) }
}

interface Reader {
  readonly open: () => AsyncIterable<Uint8Array>
  readonly sizeBytes: number | undefined
}

async function readerOf(source: ImageSource): Promise<Reader> {
  if ('open' in source) return { open: source.open, sizeBytes: source.sizeBytes }
  if ('bytes' in source) {
    const { bytes } = source
    return { open: () => piecesOf(bytes), sizeBytes: bytes.byteLength }
  }
  const { file } = source
  try {
    const handle = await openFile(file)
    try {
      return { open: () => readPieces(file), sizeBytes: (await handle.stat()).size }
    } finally {
      await handle.close()
    }
  } catch (cause) {
    throw new OpenStackError('invalid-options', `image: upload: cannot read ${file}`, {
      service: 'image',
      cause,
    })
  }
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

async function* readPieces(file: string): AsyncGenerator<Uint8Array> {
  const handle = await openFile(file)
  try {
    for await (const piece of handle.createReadStream({ highWaterMark: pieceBytes, autoClose: false })) {
      yield piece as Uint8Array
    }
  } finally {
    await handle.close()
  }
}

function streamOf(
  pieces: AsyncIterable<Uint8Array>,
  totalBytes: number | undefined,
  onProgress: ((progress: UploadProgress) => void) | undefined,
): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  let sentBytes = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next()
        if (next.done === true) {
          controller.close()
          return
        }
        sentBytes += next.value.byteLength
        controller.enqueue(next.value)
        onProgress?.({ sentBytes, totalBytes })
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    // Nothing is read ahead of what the connection takes.
    { highWaterMark: 0 },
  )
}

import type { HttpResponse } from './http-types.js'

/** A full list of a thousand servers has some 5 MiB. A longer answer is not what was asked for. */
export const mostBodyBytes: number = 64 * 1024 ** 2

/** The body is longer than `mostBodyBytes`. */
export class BodyTooLong extends Error {
  override readonly name = 'BodyTooLong'

  constructor() {
    super(`the answer is longer than ${mostBodyBytes / 1024 ** 2} MiB`)
  }
}

/** The body as text. @throws BodyTooLong */
export async function boundedText(response: HttpResponse): Promise<string> {
  const { body } = response
  if (!(body instanceof ReadableStream)) return response.text()
  const decoder = new TextDecoder()
  let [text, byteCount] = ['', 0]
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    byteCount += piece.byteLength
    if (byteCount > mostBodyBytes) throw new BodyTooLong()
    text += decoder.decode(piece, { stream: true })
  }
  return text + decoder.decode()
}

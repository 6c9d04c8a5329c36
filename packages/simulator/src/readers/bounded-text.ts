import { unreadable } from './failure.js'

/** The body as text, cut off with an error when it is longer than `mostBytes`. */
export async function boundedText(attempted: string, response: Response, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  if (response.body === null) return ''
  for await (const chunk of response.body) {
    const bytes = chunk as Uint8Array
    length += bytes.length
    // Leaving the loop cancels the rest of the body.
    if (length > mostBytes) throw unreadable(attempted, `answered more than ${mostBytes} bytes`)
    chunks.push(bytes)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

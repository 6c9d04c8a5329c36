/** The values of a stream of JSON, one a line. What is no JSON is left out. */
export async function* jsonLines(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield* parsed(line)
  }
  yield* parsed(rest)
}

function* parsed(line: string): Generator<unknown, void> {
  if (line.trim() === '') return
  try {
    yield JSON.parse(line)
  } catch {
    // A line cut off by a daemon that went away: that it went is told by the stream itself.
  }
}

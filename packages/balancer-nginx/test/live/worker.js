import { createServer } from 'node:http'

// One member: works for `ms` of the query, tells how much it got and who it is, and ends at once when told to.
// Node's own five seconds of keep-alive are left as they are, as most services do.
const server = createServer((incoming, response) => {
  const ms = Number(new URL(incoming.url ?? '/', 'http://member').searchParams.get('ms') ?? 0)
  let received = 0
  incoming.on('data', (chunk) => (received += chunk.length))
  incoming.on('end', () => {
    const answer = () => {
      response.setHeader('x-received', received)
      response.setHeader('x-member', process.argv[2] ?? '')
      response.end('done')
    }
    if (ms > 0) setTimeout(answer, ms)
    else answer()
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.send?.(address?.port)
})

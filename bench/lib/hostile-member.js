// The member behind the fronts of this bench. `/` says its pid, `/large` gives 16 MiB, `/early` refuses a body it has not read.
import { createServer } from 'node:http'

const large = Buffer.alloc(16 * 2 ** 20, 'x')
const server = createServer((request, response) => {
  if (request.url === '/early') {
    response.writeHead(413, { connection: 'close', 'content-length': 9 }).end('too large')
  } else {
    request.resume()
    response.end(request.url === '/large' ? large : `${process.pid}\n`)
  }
})
const port = Number(process.env['PORT'] ?? 0)
server.listen(port, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
})
process.once('disconnect', () => process.exit())
process.once('SIGTERM', () => process.exit())

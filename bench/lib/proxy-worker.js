// A bare node:http worker: what the proxies stand in front of. Tells its port to the parent, and ends with it.
import { createServer } from 'node:http'

const body = Buffer.alloc(1024, 'x')
const server = createServer((request, response) => {
  request.resume()
  response.setHeader('content-length', body.length)
  response.end(body)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
})
process.once('disconnect', () => process.exit())

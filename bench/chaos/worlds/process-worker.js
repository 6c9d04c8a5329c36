// A worker of the group, or a stranger that looks like one: `PORT` says where.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  setTimeout(() => response.end('done\n'), request.url === '/health' ? 0 : 5)
})
server.listen(Number(process.env['PORT']), '127.0.0.1')
process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
  server.closeIdleConnections()
})

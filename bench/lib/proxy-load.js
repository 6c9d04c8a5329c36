// One run of load in a process of its own. Arguments: port, connections, seconds. Sends { perSecond, p50, p99, failed }.
import autocannon from 'autocannon'
import { percentile } from './stats.js'

const [port = 0, connections = 1, duration = 1] = process.argv.slice(2).map(Number)
/** @type {number[]} */
const milliseconds = []
// autocannon's own histogram holds whole milliseconds, too coarse for loopback.
const run = autocannon({ url: `http://127.0.0.1:${port}/`, connections, duration }, (error, result) => {
  if (error) throw error
  process.send?.({
    perSecond: result.requests.total / result.duration,
    p50: percentile(milliseconds, 50),
    p99: percentile(milliseconds, 99),
    failed: result.errors + result.non2xx,
  })
  process.disconnect()
})
run.on('response', (_client, _status, _bytes, responseTime) => milliseconds.push(responseTime))

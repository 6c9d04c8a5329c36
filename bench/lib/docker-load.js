// Load from a process of its own: the options are the argument; tells the report every second, and at the end.
import { startLoad } from '../../labs/lib/load-generator.js'

const load = startLoad(JSON.parse(process.argv[2] ?? '{}'))
const beat = setInterval(() => process.send?.({ sentCount: load.report().sentCount }), 1000)
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit(0))
process.once('message', () => {
  clearInterval(beat)
  void load.stop().then((report) => process.send?.({ sentCount: report.sentCount, report }))
})

// A controller to be tried: `controller.js MODULE SETTINGS`. It tells its parent what it sees, and ends when that does.
import { Autoscaler, silentLogger } from '@flotilla/core'

const [groupModule = '', settings = '{}'] = process.argv.slice(2)
/** @type {{ groupOptions: (settings: unknown) => import('@flotilla/core').AutoscalerOptions }} */
const { groupOptions } = await import(groupModule)
const options = groupOptions(JSON.parse(settings))
const web = new Autoscaler({ logger: silentLogger, ...options })
web.on('problem', ({ kind, about, message }) => {
  tell({ kind: 'said', text: `problem ${kind} ${about}: ${message}` })
})
web.on('recovered', ({ kind, about }) => tell({ kind: 'said', text: `recovered ${kind} ${about}` }))
web.on('instance', ({ instance, to, reason }) =>
  tell({ kind: 'said', text: `${instance.id} ${to}: ${reason}` }),
)
web.on('tick', tellStatus)
process.on('disconnect', () => process.exit(0))
process.on('message', (message) => {
  if (message === 'end') void end()
})

try {
  await web.start()
  tell({ kind: 'started' })
} catch (error) {
  const { code, message } = /** @type {{ code?: string, message: string }} */ (error)
  tell({ kind: 'refused', code: code ?? '', text: message })
  setTimeout(() => process.exit(1), 50)
}

function tellStatus() {
  const { desired, instances, problems } = web.status()
  const inService = instances.filter(({ state }) => state === 'in-service').length
  const states = instances.map(({ id, state, status }) => `${id} ${state} ${status}`)
  tell({
    kind: 'tick',
    desired,
    inService,
    size: instances.length,
    problems: problems.map(({ kind, about, message }) => `${kind} ${about}: ${message}`),
    states,
  })
}

async function end() {
  try {
    await web.stop({ terminate: true })
    await options.balancer?.close()
    await options.backend.close()
    tell({ kind: 'ended' })
    setTimeout(() => process.exit(0), 50)
  } catch (error) {
    tell({ kind: 'refused', code: 'end', text: error instanceof Error ? error.message : String(error) })
    setTimeout(() => process.exit(1), 50)
  }
}

/** @param {import('./controller-process.js').Told} told */
function tell(told) {
  if (process.connected) process.send?.(told, undefined, undefined, () => {})
}

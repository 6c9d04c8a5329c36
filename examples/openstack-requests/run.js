/**
 * Starts a group and prints what happens, and why. On Ctrl-C the controller ends and the servers go on. With `--end` on the
 * command line nothing is started: what there is of the group is ended, and that is all.
 *
 * @param {import('@flotilla/core').Autoscaler} group
 * @param {() => Promise<void>} close - what the group was made of
 */
export async function run(group, close) {
  group.on('problem', ({ message }) => console.log(`${time()} problem: ${message}`))
  if (process.argv.includes('--end')) {
    await group.stop({ terminate: true })
    await close()
    console.log(`${time()} ended`)
    return
  }
  group.on('scaled', ({ from, to, reason }) => console.log(`${time()} ${from} -> ${to}: ${reason}`))
  group.on('instance', ({ instance: { name, address }, to, reason }) => {
    console.log(`${time()}   ${name} ${address?.host ?? ''} ${to}: ${reason}`)
  })
  let last = ''
  group.on('tick', ({ desired, readyCount }) => {
    const { readings } = group.status()
    /** @param {string} metric */
    const value = (metric) => {
      const reading = readings.find(({ name }) => name === metric)
      return reading?.kind === 'value' ? reading.value.toFixed(0) : '-'
    }
    const line = `${readyCount} of ${desired} in service, ${value('http.request_rate')} requests/s, ${value('http.request_count')} in all`
    if (line !== last) console.log(`${time()} ${line}`)
    last = line
  })
  const stop = async () => {
    console.log(`${time()} stopping; the servers go on`)
    await group.stop()
    await close()
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop())
  // Such as a second one of the same group.
  await group.start().catch((error) => {
    console.error(error.message)
    process.exit(1)
  })
}

const time = () => new Date().toTimeString().slice(0, 8)

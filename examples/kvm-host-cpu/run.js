/**
 * Starts a group and prints what happens, and what stands in its way. On Ctrl-C the controller ends and the machines go on.
 * With `--end` on the command line nothing is started: what there is of the group is ended, with its disks, and that is all.
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
  group.on('recovered', ({ kind, about }) => console.log(`${time()} over: ${kind} ${about}`))
  group.on('scaled', ({ from, to, reason }) => console.log(`${time()} ${from} -> ${to}: ${reason}`))
  group.on('instance', ({ instance: { name, address }, to, reason }) => {
    console.log(`${time()}   ${name} ${address?.host ?? ''} ${to}: ${reason}`)
  })
  group.on('tick', ({ desired, readyCount }) => {
    const cpu = group.status().readings.find(({ name }) => name === 'host.cpu')
    const percent = cpu?.kind === 'value' ? `${(100 * cpu.value).toFixed(0)} %` : '-'
    console.log(`${time()} ${readyCount} of ${desired} in service, CPU of the host ${percent}`)
  })
  const stop = async () => {
    console.log(`${time()} stopping; the machines go on`)
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

/**
 * Starts a group and prints what happens, and what stands in its way. On Ctrl-C the controller ends and the containers go on
 * serving. With `--end` on the command line nothing is started: what there is of the group is ended, and that is all.
 *
 * @param {import('@flotilla/core').Autoscaler} web
 */
export async function run(web) {
  web.on('problem', ({ message }) => console.log(`${time()} problem: ${message}`))
  if (process.argv.includes('--end')) {
    await web.stop({ terminate: true })
    console.log(`${time()} ended`)
    return
  }
  web.on('recovered', ({ kind, about }) => console.log(`${time()} over: ${kind} ${about}`))
  web.on('scaled', ({ from, to, reason }) => console.log(`${time()} ${from} -> ${to}: ${reason}`))
  web.on('instance', ({ instance, to, reason }) =>
    console.log(`${time()}   ${instance.name} ${to}: ${reason}`),
  )
  web.on('tick', ({ desired, readyCount }) => {
    const { lastDecision, problems } = web.status()
    const cpu = lastDecision?.metrics.find(({ name }) => name === 'cpu')?.mean
    const percent = cpu === undefined ? '-' : `${(100 * cpu).toFixed(0)} %`
    const trouble = problems.length === 0 ? '' : `, ${problems.length} standing in the way`
    console.log(`${time()} ${readyCount} of ${desired} in service, CPU ${percent}${trouble}`)
  })
  const stop = async () => {
    console.log(`${time()} stopping; the containers go on`)
    await web.stop()
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stop())
  // Such as a second one of the same group.
  await web.start().catch((error) => {
    console.error(error.message)
    process.exit(1)
  })
}

const time = () => new Date().toTimeString().slice(0, 8)

/**
 * Starts a group and prints what happens. On Ctrl-C the controller ends and the containers go on serving; with `--end` on
 * the command line they are ended too.
 *
 * @param {import('@flotilla/core').Autoscaler} web
 */
export async function run(web) {
  const terminate = process.argv.includes('--end')
  web.on('scaled', ({ from, to, reason }) => console.log(`${time()} ${from} -> ${to}: ${reason}`))
  web.on('instance', ({ instance, to, reason }) =>
    console.log(`${time()}   ${instance.name} ${to}: ${reason}`),
  )
  web.on('tick', ({ desired, readyCount }) => {
    const cpu = web.status().lastDecision?.metrics.find(({ name }) => name === 'cpu')?.mean
    const percent = cpu === undefined ? '-' : `${(100 * cpu).toFixed(0)} %`
    console.log(`${time()} ${readyCount} of ${desired} in service, CPU ${percent}`)
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void web.stop({ terminate }))
  // Such as a second one of the same group.
  await web.start().catch((error) => {
    console.error(error.message)
    process.exit(1)
  })
}

const time = () => new Date().toTimeString().slice(0, 8)

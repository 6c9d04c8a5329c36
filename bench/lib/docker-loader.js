import { fork } from 'node:child_process'

/** @import { LoadOptions, LoadReport } from '../../labs/lib/load-generator.js' */

/**
 * Load from another process, whose event loop the controller's does not wait for.
 *
 * @param {LoadOptions} options
 */
export function loadFromOutside(options) {
  const child = fork(new URL('docker-load.js', import.meta.url), [JSON.stringify(options)])
  let sentCount = 0
  /** @type {Promise<LoadReport>} */
  const reported = new Promise((resolve, reject) => {
    child.on('message', (/** @type {{ sentCount: number, report?: LoadReport }} */ said) => {
      sentCount = said.sentCount
      if (said.report === undefined) return
      child.disconnect()
      resolve(said.report)
    })
    child.once('exit', (code) => reject(new Error(`the load ended with code ${code}`)))
  })
  reported.catch(() => {})
  return {
    sentCount: () => sentCount,
    stop: () => {
      child.send('stop')
      return reported
    },
  }
}

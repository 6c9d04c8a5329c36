import { customPolicy, fileStore } from '@flotilla/core'

/** @import { Autoscaler } from '@flotilla/core' */

/**
 * Options of a controller that is to be killed: it keeps the size that is given, or changes it at random at every tick.
 *
 * @param {string} directory - of its store
 * @param {string | undefined} size
 */
export const restless = (directory, size) => ({
  min: 1,
  max: 5,
  intervalMs: 400,
  policy: customPolicy({
    name: 'size',
    propose: () => (size === undefined ? 2 + Math.floor(4 * Math.random()) : Number(size)),
  }),
  behavior: { scaleOut: { rates: [] }, scaleIn: { windowMs: 0, rates: [] } },
  store: fileStore(directory),
})

/**
 * Starts a group whose every tick is told to the process that forked this one, which also says when it ends with its
 * instances. Without that process it ends alone.
 *
 * @param {{ web: Autoscaler, inService: () => number }} group
 */
export async function startForParent({ web, inService }) {
  web.on('tick', () => process.send?.({ inService: inService(), size: web.status().instances.length }))
  process.on('message', () => void web.stop({ terminate: true }).then(() => process.exit(0)))
  process.on('disconnect', () => process.exit(0))
  await web.start()
}

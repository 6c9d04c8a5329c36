import { collect, isNotFound } from '@flotilla/openstack-client'
import { mark, markName } from './setup.js'

/**
 * @typedef {import('./setup.js').Setup} Setup
 * @typedef {import('@flotilla/openstack-client').Image} Image
 * @typedef {import('@flotilla/openstack-client').Server} Server
 */

/** @param {Setup} setup */
const named = ({ cloud, settings }) => collect(cloud.image.list({ name: settings.image }))

/** A snapshot of a server made from ours has its properties too, but another name. @param {Setup} setup */
const isOurs =
  ({ projectId }) =>
  /** @param {Image} image */
  ({ properties, ownerId }) =>
    properties[markName] === mark && ownerId === projectId

/**
 * The golden image, if servers can be made from it.
 *
 * @param {Setup} setup
 * @returns {Promise<Image | undefined>}
 */
export async function findGolden(setup) {
  const active = (await named(setup)).filter(({ status }) => status === 'active')
  const [image] = active
  if (active.length > 1)
    throw new Error(`${active.length} images are called ${setup.settings.image}: which one?`)
  if (image !== undefined) {
    setup.say(`image ${image.name} is there already${isOurs(setup)(image) ? '' : ', and is used as it is'}`)
  }
  return image
}

/**
 * A snapshot of the builder; that of a run before is waited for when Nova still works on it, else taken anew.
 *
 * @param {Setup} setup
 * @param {Server} builder - stopped
 */
export async function takeSnapshot(setup, builder) {
  const { cloud, settings, say } = setup
  const unfinished = (await named(setup)).filter(isOurs(setup))
  const isUnderWay = builder.taskState?.startsWith('image_') === true
  let id = isUnderWay ? unfinished[0]?.id : undefined
  if (id === undefined) {
    for (const left of unfinished) await cloud.image.delete(left.id)
    id = await cloud.compute.servers.createImage(builder.id, {
      name: settings.image,
      metadata: { [markName]: mark },
    })
    say(`image ${settings.image} is being taken`)
  }
  const image = await cloud.image
    .waitUntilActive(id, { timeoutMs: settings.bootTimeoutMs })
    .catch((error) => {
      if (!isNotFound(error)) throw error
      throw new Error(
        `the snapshot of ${builder.name} failed, and Nova took the image away; run this again`,
        {
          cause: error,
        },
      )
    })
  say(`image ${image.name} is active, ${Math.ceil((image.sizeBytes ?? 0) / 2 ** 20)} MiB`)
}

/** @param {Setup} setup */
export async function removeGolden(setup) {
  for (const { id, name } of (await named(setup)).filter(isOurs(setup))) {
    await setup.cloud.image.delete(id)
    setup.say(`image ${name} is gone`)
  }
}

/**
 * What every step of the setup has.
 *
 * @typedef {object} Setup
 * @property {import('@flotilla/openstack-client').Cloud} cloud
 * @property {import('../settings.js').Settings} settings
 * @property {string | undefined} projectId - an admin sees the things of others too
 * @property {(text: string) => void} say
 */

/**
 * Stands on everything that golden.js makes: networks, routers and groups have it as their description, servers in
 * their metadata, images among their properties. What has it, and the name, is taken down by `--remove`; nothing else is.
 */
export const mark = 'made by examples/openstack-requests'
export const markName = 'made_by'

/**
 * The one of a name that we made, of those a list by that name gives.
 *
 * @template {{ readonly name: string, readonly description: string | undefined }} T
 * @param {readonly T[]} things
 * @param {string} name
 */
export const ours = (things, name) =>
  things.find((thing) => thing.name === name && thing.description === mark)

// The golden image, from a bare project: network, security group, a server with the service in it, a snapshot of its disk.
// What is there already is left as it is, so a run that failed can be repeated. `--remove` takes down what this has made.
import { connect } from '@flotilla/openstack-client'
import { settings } from './settings.js'
import { make, remove } from './setup/make-and-remove.js'

const started = performance.now()
/** @param {string} text */
const say = (text) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`)

try {
  const cloud = connect()
  try {
    const setup = { cloud, settings, say, projectId: (await cloud.whoAmI()).projectId }
    await (process.argv.includes('--remove') ? remove(setup) : make(setup))
  } finally {
    await cloud.close()
  }
} catch (error) {
  // What is wrong is with the cloud or with what names it: a stack says nothing of that.
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

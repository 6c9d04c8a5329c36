import { findIngredients, makeBuilder, removeBuilder } from './builder.js'
import { findGolden, removeGolden, takeSnapshot } from './golden-image.js'
import { findExternal, makeNetwork, removeNetwork } from './network.js'
import { makeSecurityGroup, removeSecurityGroup } from './security-group.js'

/**
 * The golden image and what it needs. Each step looks before it makes.
 *
 * @param {import('./setup.js').Setup} setup
 */
export async function make(setup) {
  const golden = await findGolden(setup)
  // What is missing is told before anything is made that would be left behind.
  if (golden === undefined) await findIngredients(setup)
  await findExternal(setup)
  const { network, subnet } = await makeNetwork(setup)
  await makeSecurityGroup(setup, subnet)
  if (golden === undefined) {
    const builder = await makeBuilder(setup, network)
    await takeSnapshot(setup, builder)
  }
  await removeBuilder(setup)
}

/**
 * Takes down what `make` made, the last first.
 *
 * @param {import('./setup.js').Setup} setup
 */
export async function remove(setup) {
  await removeBuilder(setup)
  await removeGolden(setup)
  await removeSecurityGroup(setup)
  await removeNetwork(setup)
}

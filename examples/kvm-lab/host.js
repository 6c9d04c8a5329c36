/**
 * What differs from host to host; by default what the README makes. Variables of the environment say otherwise. Both KVM
 * examples use it.
 *
 * @param {{ volume: string, memoryMib: number }} usual
 */
export const hostFromEnvironment = ({ volume, memoryMib }) => ({
  uri: process.env['LIBVIRT_DEFAULT_URI'] ?? 'qemu:///system',
  golden: { pool: process.env['POOL'] ?? 'default', volume: process.env['GOLDEN'] ?? volume },
  /** `qemu` where there is no /dev/kvm that works: emulated, and slow. */
  domainType: oneOf('DOMAIN_TYPE', /** @type {const} */ (['kvm', 'qemu'])),
  memoryMib: wholeNumber('MEMORY_MIB', memoryMib),
  port: wholeNumber('PORT', 8080),
})

/**
 * The first, or what the environment says.
 *
 * @template {string} Choice
 * @param {string} name
 * @param {readonly [Choice, ...Choice[]]} choices
 */
function oneOf(name, choices) {
  const given = process.env[name] ?? choices[0]
  const choice = choices.find((one) => one === given)
  if (choice === undefined) refuse(name, given, choices.join(' or '))
  return choice
}

/**
 * @param {string} name
 * @param {number} usual
 */
function wholeNumber(name, usual) {
  const given = process.env[name] ?? String(usual)
  if (!/^[1-9]\d*$/.test(given)) refuse(name, given, 'a whole number')
  return Number(given)
}

/**
 * @param {string} name
 * @param {string} given
 * @param {string} wanted
 * @returns {never}
 */
function refuse(name, given, wanted) {
  console.error(`${name} must be ${wanted}, got ${JSON.stringify(given)}`)
  process.exit(1)
}

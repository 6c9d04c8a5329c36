/**
 * What differs from cloud to cloud; by default what MicroStack has and the README makes. Which cloud, and who, say
 * `OS_CLOUD` or the `OS_*` variables of an openrc.
 *
 * @typedef {ReturnType<typeof readSettings>} Settings
 * @param {Readonly<Record<string, string | undefined>>} environment
 */
export function readSettings(environment) {
  /** @param {string} name */
  const optional = (name) => environment[name]?.trim() || undefined
  /** @param {string} name @param {number} standard */
  const number = (name, standard) => {
    const value = Number(optional(name) ?? standard)
    if (Number.isFinite(value) && value > 0) return value
    throw new Error(`${name} must be a number above 0, got ${environment[name]}`)
  }
  const servicePort = number('SERVICE_PORT', 5000)
  return {
    image: optional('IMAGE') ?? 'service-golden',
    flavor: optional('FLAVOR') ?? 'm1.small',
    network: optional('NETWORK') ?? 'test',
    /** Servers get floating addresses from this external network: where the private one cannot be reached from here. */
    floatingFrom: optional('FLOATING_FROM'),
    securityGroup: optional('SECURITY_GROUP') ?? 'service',
    /** Name of a key pair that is there, for ssh. */
    keyName: optional('KEY_NAME'),
    servicePort,

    /** What golden.js starts from, and what installs the service in it. */
    baseImage: optional('BASE_IMAGE') ?? 'ubuntu',
    install: optional('INSTALL') ?? 'service/systemd.sh',
    /** Of the network, where golden.js makes it. */
    cidr: optional('CIDR') ?? '192.168.222.0/24',
    /** Who may reach the service, as `10.20.20.1/32`; undefined for the default of `setup/security-group.js`. */
    allowFrom: optional('ALLOW_FROM'),
    /** How long the service may take to answer in a new server. Emulated guests need minutes. */
    bootTimeoutMs: 1000 * number('BOOT_TIMEOUT_S', 600),

    /** The group: its name, where it answers, its bounds. */
    group: optional('GROUP') ?? 'service',
    port: number('PORT', 8080),
    min: number('MIN', 1),
    max: number('MAX', 5),
    /** Requests per second that one server is to have. */
    ratePerServer: number('RATE', 10),
    /**
     * How long the load must have been lower before a server goes. Longer than a boot: a server that boots can slow those
     * beside it down, and then there are fewer requests per second, whatever the clients want.
     */
    cooldownMs: 1000 * number('COOLDOWN_S', 120),
    /** A file that each server is given at its launch; none is needed where the image has all. */
    userData: optional('USER_DATA'),
  }
}

export const settings = readSettings(process.env)

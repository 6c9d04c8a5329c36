/**
 * What a package may weigh, so that it does not grow unseen: kilobytes of its tarball, and how many packages and megabytes
 * an installation of it brings. Whoever raises one says why in the commit.
 *
 * @type {Readonly<Record<string, { packedKb: number, packageCount: number, installedMb: number }>>}
 */
export const budgets = {
  '@flotilla/backend-docker': { packedKb: 110, packageCount: 82, installedMb: 24 },
  '@flotilla/backend-kvm': { packedKb: 300, packageCount: 33, installedMb: 10 },
  '@flotilla/backend-openstack': { packedKb: 220, packageCount: 12, installedMb: 13 },
  '@flotilla/backend-process': { packedKb: 140, packageCount: 8, installedMb: 8 },
  '@flotilla/backend-swarm': { packedKb: 110, packageCount: 82, installedMb: 24 },
  '@flotilla/balancer-nginx': { packedKb: 270, packageCount: 8, installedMb: 9 },
  '@flotilla/balancer-proxy': { packedKb: 150, packageCount: 9, installedMb: 8.5 },
  '@flotilla/config': { packedKb: 120, packageCount: 9, installedMb: 11 },
  '@flotilla/core': { packedKb: 950, packageCount: 6, installedMb: 8 },
  '@flotilla/docker-engine': { packedKb: 120, packageCount: 80, installedMb: 23 },
  '@flotilla/libvirt': { packedKb: 190, packageCount: 28, installedMb: 4 },
  '@flotilla/openstack-client': { packedKb: 280, packageCount: 6, installedMb: 7.5 },
  '@flotilla/prometheus': { packedKb: 40, packageCount: 12, installedMb: 12 },
  '@flotilla/simulator': { packedKb: 200, packageCount: 8, installedMb: 8.5 },
}

/**
 * @param {string} name
 * @param {{ packedKb: number, packageCount: number, installedMb: number }} measured
 * @returns {string[]}
 */
export function problemsOfWeight(name, measured) {
  const budget = budgets[name]
  if (budget === undefined)
    return [`it has no budget in scripts/lib/budgets.js; it is ${JSON.stringify(measured)}`]
  return /** @type {(keyof typeof measured)[]} */ (Object.keys(measured))
    .filter((what) => measured[what] > budget[what])
    .map((what) => `${what} is ${measured[what]}, over its budget of ${budget[what]}`)
}

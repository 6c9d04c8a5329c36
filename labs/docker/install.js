import { installMissing } from '../lib/install-missing.js'

const needed = [
  { packageName: 'docker.io', there: 'command -v dockerd' },
  { packageName: 'docker.io', there: 'command -v docker' },
  { packageName: 'iptables', there: 'command -v iptables' },
  { packageName: 'nginx', there: 'command -v nginx' },
  { packageName: 'iproute2', there: 'command -v ip' },
  { packageName: 'openssh-client', there: 'command -v ssh' },
  { packageName: 'openssh-server', there: 'command -v /usr/sbin/sshd' },
  { packageName: 'openssl', there: 'command -v openssl' },
  // Another package has a busybox of the same name, which is not static.
  { packageName: 'busybox-static', there: 'ldd /bin/busybox 2>&1 | grep -q "not a dynamic executable"' },
  { packageName: 'podman', there: 'command -v podman' },
  // What an engine without rights needs.
  { packageName: 'rootlesskit', there: 'command -v rootlesskit' },
  { packageName: 'slirp4netns', there: 'command -v slirp4netns' },
  { packageName: 'uidmap', there: 'command -v newuidmap' },
  // The init of Podman's containers, and what makes its networks.
  { packageName: 'catatonit', there: 'command -v catatonit' },
  {
    packageName: 'containernetworking-plugins',
    there: 'ls /usr/lib/cni/bridge /usr/lib/podman/netavark 2>/dev/null | grep -q .',
  },
]

/** @param {{ signal: AbortSignal, log: (line: string) => void }} given */
export async function installNeeded(given) {
  await installMissing(needed, given)
}

/** What differs from host to host; by default what the README makes. Variables of the environment say otherwise. */
export const host = {
  uri: process.env['LIBVIRT_DEFAULT_URI'] ?? 'qemu:///system',
  golden: { pool: process.env['POOL'] ?? 'default', volume: process.env['GOLDEN'] ?? 'base-vm.qcow2' },
  /** `qemu` where there is no /dev/kvm that works: emulated, and slow. */
  domainType:
    process.env['DOMAIN_TYPE'] === 'qemu' ? /** @type {const} */ ('qemu') : /** @type {const} */ ('kvm'),
  memoryMib: Number(process.env['MEMORY_MIB'] ?? 1024),
  port: Number(process.env['PORT'] ?? 8080),
}

/** `qemu.conf`: as root, and without what a bare machine has not: cgroups, virtlogd, and mounts of each machine's own. */
export const qemuSettings = `user = "root"
group = "root"
security_driver = "none"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
`

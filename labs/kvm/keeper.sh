#!/bin/sh
# Runs libvirtd with directories of its own, and again whenever it ends, but not while HELD exists: so a test can kill it
# and keep it down. It runs under a process that reaps what QEMU leaves, at once: libvirt waits for that.
#
#   keeper.sh NAME HELD PIDFILE [OWN-DIRECTORY PLACE]...
set -eu
# Machines are only migrated between hosts of different names.
hostname "$1"
held=$2
pidfile=$3
shift 3
while [ $# -gt 0 ]; do
  mkdir -p "$2"
  mount --bind "$1" "$2"
  shift 2
done
# The bridges of this network namespace, and not of the machine's.
mount -t sysfs sysfs /sys
while :; do
  while [ -e "$held" ]; do sleep 0.1; done
  libvirtd --listen --pid-file "$pidfile" --config /etc/libvirt/libvirtd.conf || :
  sleep 0.1
done

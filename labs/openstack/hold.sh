#!/bin/sh
# The first thing in the sandbox: gives it places of its own for what daemons keep outside their settings, then waits.
#
#   hold.sh WORK-DIRECTORY INSIDE LIBVIRT-DIRECTORY
set -eu
# The network devices of this namespace, and not of the machine's.
mount -t sysfs sysfs /sys
# A /run of its own. A directory that another lab removes from the machine's would take the mount on it along.
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/lock /run/netns
for name in etc lib cache log run; do
  case $name in
  etc) place=/etc/libvirt ;;
  run) place=/run/libvirt ;;
  *) place=/var/$name/libvirt ;;
  esac
  mkdir -p "$place"
  mount --bind "$3/$name" "$place"
done
mount --bind "$1" "$2"
echo ready
exec sleep infinity

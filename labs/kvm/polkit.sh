#!/bin/sh
# Runs polkit with RULES alone as the machine's own rules, on a bus of its own.
#
#   polkit.sh RULES BUS-CONFIGURATION
set -eu
mount --bind "$1" /etc/polkit-1/rules.d
# It forks once it listens.
dbus-daemon --config-file "$2" --fork --nopidfile
exec /usr/lib/polkit-1/polkitd

#!/bin/sh
# The same answer on a guest with nothing but busybox, for trying things out. Nothing of this survives a boot, so the
# golden image has none of it: give it to golden.js as INSTALL, and to main.js as USER_DATA.
mkdir -p /tmp/service
hostname > /tmp/service/work
httpd -p 5000 -h /tmp/service

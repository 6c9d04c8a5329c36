#!/bin/sh
# Installs the service of examples/openstack-requests on the lab's guest: what is on its disk goes into the golden image.
cat > /disk/boot.sh <<'END'
#!/bin/sh
mkdir -p /tmp/service
cat /run/name > /tmp/service/work
httpd -p 5000 -h /tmp/service
END
sync

#!/bin/sh
# Installs the service on a guest with cloud-init, systemd and Python 3: the cloud images of Ubuntu and Debian are such.
# cloud-init runs this once, in the server that becomes the golden image; its copies start the service by systemd.
set -e

cat > /usr/local/bin/service.py <<'EOF'
"""Answers /work, after some work."""
import hashlib
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        is_work = self.path.split("?")[0] == "/work"
        if is_work:
            hashlib.pbkdf2_hmac("sha256", b"work", b"salt", 20_000)
        body = f"{socket.gethostname() if is_work else 'not found'}\n".encode()
        self.send_response(200 if is_work else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


Server(("", 5000), Handler).serve_forever()
EOF

cat > /etc/systemd/system/service.service <<'EOF'
[Unit]
Description=Answers /work
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/usr/bin/python3 /usr/local/bin/service.py
DynamicUser=yes
Restart=always

[Install]
WantedBy=multi-user.target
EOF

# Copies are not to have the same one. cloud-init itself makes new ssh keys and a new host name for each.
truncate -s 0 /etc/machine-id
# Last: once the service answers, the server is stopped.
systemctl daemon-reload
systemctl enable --now service.service

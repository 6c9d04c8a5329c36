"""The story by openstacksdk: on the command line how many servers, their name, how many at one time, how often it is
looked (ms), and when this process was started (ms since the epoch). Prints what it took as JSON."""
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import openstack
import requests

count, name, width, poll_ms, started_ms = int(sys.argv[1]), sys.argv[2], *map(float, sys.argv[3:6])
calls = 0
phases = {}
last = [started_ms / 1000, 0.0]
real_send = requests.Session.send


def counting_send(self, request, **kwargs):
    global calls
    calls += 1
    return real_send(self, request, **kwargs)


requests.Session.send = counting_send


def end(phase):
    now, cpu = time.time(), sum(os.times()[:2])
    phases[phase] = {'ms': (now - last[0]) * 1000, 'cpuMs': (cpu - last[1]) * 1000}
    last[:] = now, cpu


pool = ThreadPoolExecutor(int(width))


def each(work, things):
    list(pool.map(work, things) if width > 1 else map(work, things))


cloud = openstack.connect()
compute = cloud.compute
flavor = compute.find_flavor('m1.tiny', ignore_missing=False)
image = cloud.image.find_image('fake-image', ignore_missing=False)
end('start')

each(lambda number: compute.create_server(name=f'{name}-{number + 1}', flavor_id=flavor.id, image_id=image.id,
                                          networks='none'), range(count))
end('create')


def servers():
    return list(compute.servers(name=f'^{name}-'))


there = servers()
while sum(server.status == 'ACTIVE' for server in there) < count:
    assert all(server.status != 'ERROR' for server in there)
    time.sleep(poll_ms / 1000)
    there = servers()
end('until ACTIVE')

# The function of the sdk for it asks without a microversion, which Nova answers with 404.
each(lambda server: compute.put(f'/servers/{server.id}/tags/story', microversion='2.73').raise_for_status(), there)
end('tag')

each(lambda server: compute.delete_server(server.id), there)
end('delete')

while servers():
    time.sleep(poll_ms / 1000)
end('until gone')
print(json.dumps({'calls': calls, 'phases': phases}))

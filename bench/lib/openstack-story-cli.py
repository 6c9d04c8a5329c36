"""The program `openstack` itself, and at its end the number of its calls in the file $STORY_CALLS."""
import atexit
import os
import runpy

import requests

real_send = requests.Session.send
calls = 0


def counting_send(self, request, **kwargs):
    global calls
    calls += 1
    return real_send(self, request, **kwargs)


@atexit.register
def tell():
    with open(os.environ['STORY_CALLS'], 'a') as file:
        file.write(f'{calls}\n')


requests.Session.send = counting_send
runpy.run_path('/usr/bin/openstack', run_name='__main__')

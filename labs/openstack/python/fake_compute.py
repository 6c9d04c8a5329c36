#!/usr/bin/python3
"""nova-compute with Nova's own fake driver, and knobs.

$FLOTILLA_LAB_KNOBS names a JSON file that is read at every build and every end:

  {"build_delay": [2, 5],    seconds, drawn evenly
   "delete_delay": [0, 1],
   "fail_rate": 0.1,         the chance that a build fails
   "fail_mode": "abort"}     abort: ERROR at once; reschedule: other hosts are tried first

Without the file it is Nova's fake driver and nothing else.
"""
import json
import os
import random
import sys
import time

from nova.cmd.compute import main  # the first import: it patches eventlet in
from nova import exception
from nova.scheduler.client import report
from nova.virt import fake


def knobs():
    try:
        with open(os.environ.get('FLOTILLA_LAB_KNOBS', '')) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def delay(span):
    if span:
        time.sleep(random.uniform(*span))


real_spawn = fake.FakeDriver.spawn
real_destroy = fake.FakeDriver.destroy


def spawn(self, context, instance, *args, **kwargs):
    now = knobs()
    delay(now.get('build_delay'))
    if random.random() < now.get('fail_rate', 0):
        reason = 'a failure that the lab asked for'
        if now.get('fail_mode') == 'reschedule':
            raise exception.ComputeResourcesUnavailable(reason=reason)
        raise exception.BuildAbortException(instance_uuid=instance.uuid, reason=reason)
    return real_spawn(self, context, instance, *args, **kwargs)


def destroy(self, *args, **kwargs):
    delay(knobs().get('delete_delay'))
    return real_destroy(self, *args, **kwargs)


# At every build Nova fetches each allocation of the host, one call for each: the square of the count. The fake driver has
# no use for them.
report.SchedulerReportClient.get_allocations_for_provider_tree = lambda self, context, nodename: {}
fake.FakeDriver.spawn = spawn
fake.FakeDriver.destroy = destroy
sys.exit(main())

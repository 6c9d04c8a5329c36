"""Binds the ports of hosts that have no agent.

Nova's fake compute hosts have none, so no stock mechanism driver binds a port there and every server with a network comes
to ERROR. This one does, as a controller without agents would. All else of Neutron is the real thing.
"""
import os

from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.plugins.ml2 import api

REAL_HOSTS = os.environ.get('FLOTILLA_LAB_REAL_HOSTS', '').split(',')


class LabMechanismDriver(api.MechanismDriver):
    def initialize(self):
        pass

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def bind_port(self, context):
        if context.host in REAL_HOSTS:
            return
        for segment in context.segments_to_bind:
            context.set_binding(
                segment[api.ID],
                portbindings.VIF_TYPE_OTHER,
                {portbindings.CAP_PORT_FILTER: False},
                status=constants.PORT_STATUS_ACTIVE,
            )
            return

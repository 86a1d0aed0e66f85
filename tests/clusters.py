"""A Ray cluster of several nodes on this machine."""

import os
import secrets
from contextlib import contextmanager

# Read when Ray is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# Ray would run runs at the lowest priority, and starve on a busy machine.
os.environ.setdefault("RAY_worker_niceness", "0")
# As a cluster should be run; without a word from us Ray would leave a token in the home folder.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))

STORE = 80 * 2**20
"""Bytes of a node's object store; Ray wants no less."""


@contextmanager
def small_cluster(nodes, cpus=1, gpus=0):
    """`nodes` raylets with `cpus` and `gpus` each, the first with Ray's head."""
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        for _ in range(nodes):
            add_node(cluster, cpus, gpus)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        with reaped(*cluster.list_all_nodes()):
            cluster.shutdown()


def add_node(cluster, cpus=1, gpus=0):
    return cluster.add_node(
        num_cpus=cpus, num_gpus=gpus, object_store_memory=STORE, include_dashboard=False
    )


def remove_node(cluster, node):
    """Take a node away without a word to it."""
    with reaped(node):
        cluster.remove_node(node, allow_graceful=False)


@contextmanager
def reaped(*nodes):
    """Wait for the nodes' processes afterwards, which Ray only kills."""
    infos = [info for node in nodes for kind in node.all_processes.values() for info in kind]
    yield
    for info in infos:
        info.process.wait(600)

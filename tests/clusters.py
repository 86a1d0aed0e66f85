"""A Ray cluster of several nodes on this machine."""

import os
import secrets
from contextlib import contextmanager

# Read when Ray is imported.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# As a cluster should be run; without a word from us Ray would leave a token in the home folder.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))

STORE = 80 * 2**20
"""Bytes of a node's object store; Ray wants no less."""


@contextmanager
def small_cluster(nodes, cpus=1):
    """`nodes` raylets with `cpus` each, the first with Ray's head."""
    from ray.cluster_utils import Cluster

    cluster = Cluster()
    try:
        for _ in range(nodes):
            cluster.add_node(
                num_cpus=cpus, num_gpus=0, object_store_memory=STORE, include_dashboard=False
            )
        cluster.wait_for_nodes()
        yield cluster
    finally:
        cluster.shutdown()

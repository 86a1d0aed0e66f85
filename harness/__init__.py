"""rl-harness: does tuning this algorithm on this scenario really help, and by how much?"""

__all__ = ["__version__"]

__version__ = "0.1.0"

from harness.library import (
    Results as Results,
    load_matrix as load_matrix,
    results as results,
    run as run,
)

__version__: str

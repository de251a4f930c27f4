"""How polars may use this process's memory and threads. To be called before polars is imported."""

import os

# polars gives freed memory back to the system almost at once and asks for it again with the next
# step of a compute; kept for ten seconds, a year of metrics costs a sixth less CPU.
ALLOCATOR = "dirty_decay_ms:10000,muzzy_decay_ms:10000"


def tune(workers: int | None = None) -> None:
    """Both are read once, when polars is loaded; what the environment says already stays."""
    os.environ.setdefault("_RJEM_MALLOC_CONF", ALLOCATOR)
    if workers:
        os.environ["POLARS_MAX_THREADS"] = str(workers)

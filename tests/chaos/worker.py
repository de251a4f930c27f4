"""What `dramatiq tests.chaos.worker` runs: the worker as users start it, wrapped at its edges."""

from config.worker import broker
from tests.chaos import edges

__all__ = ["broker"]

edges.wrap()

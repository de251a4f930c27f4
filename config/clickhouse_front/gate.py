"""What lets the front end: it waits for the requests that run, and for no others."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from config.clickhouse_front.errors import ENDING, Refusal


class Gate:
    """Counts the requests that run, and lets none in once it is closed."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._inside = 0
        self._closed = False

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self._changed:
            if self._closed:
                raise Refusal(ENDING, "The front is ending.")
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    def close(self, seconds: float) -> bool:
        """Whether all that were inside have left within `seconds`."""
        with self._changed:
            self._closed = True
            return self._changed.wait_for(lambda: not self._inside, seconds)

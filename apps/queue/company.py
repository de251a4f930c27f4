"""Who works beside whom in this process.

A unit that kills its process takes its neighbours with it, and nobody can tell which of them it
was. Whoever began twice and never came back is therefore alone the third time: if the process
dies again, no other organisation's unit has spent a start on it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

NAP = 0.5  # seconds between two looks whether the lease still holds


class Company:
    def __init__(self) -> None:
        self._changed = Condition()
        self._present = 0
        self._is_closed = False

    @contextmanager
    def joined(self) -> Iterator[None]:
        """To be in while a unit is claimed and run. Waits while somebody is, or will be, alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._present += 1
        try:
            yield
        finally:
            with self._changed:
                self._present -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self, checkpoint: Callable[[], None]) -> Iterator[bool]:
        """Once all others have left; False at once if somebody else is, or will be, alone."""
        with self._changed:
            is_ours, self._is_closed = not self._is_closed, True
        try:
            with self._changed:
                while is_ours and self._present > 1:
                    checkpoint()
                    self._changed.wait(NAP)
            yield is_ours
        finally:
            if is_ours:
                with self._changed:
                    self._is_closed = False
                    self._changed.notify_all()


company = Company()

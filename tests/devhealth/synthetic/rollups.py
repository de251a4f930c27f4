"""A world that is told to an organisation, and computed there as on one of its days."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from itertools import count
from uuid import uuid4

from devhealth.due import everything
from devhealth.fixtures import Generating
from devhealth.recompute import recompute
from devhealth.synthetic.expected import expected, last_day
from devhealth.verifying import verify


class Told:
    """An organisation whose runs are seconds apart, from noon of a day on; first the last one of
    the world."""

    def __init__(self, store, world):
        self.store, self.world = store, world
        self.org_id = uuid4()
        self.today = last_day(world)
        self._seconds = count()

    def sink(self):
        noon = datetime.combine(self.today, time(12), UTC)
        return self.store.for_org(
            self.org_id, version=noon + timedelta(seconds=next(self._seconds))
        )

    def tell(self, world=None):
        """All of it, or of another world in its place; the days on which anything changed."""
        self.world = world or self.world
        return asyncio.run(Generating(world=self.world, sinks=self.sink).run())

    def compute(self, touches=None):
        """Rows written; of what was touched, or everything."""
        sink = self.sink()
        touched = everything(sink) if touches is None else touches
        return sum(recompute(sink, touched, today=self.today).values())

    def wrong(self):
        """What is stored otherwise than it follows from the world, in words."""
        return [
            f"{each}"
            for verdict in verify(self.sink(), self.world, self.today)
            for each in verdict.differences
        ]

    @property
    def right(self):
        """How many rows are as they should be, by table."""
        verdicts = verify(self.sink(), self.world, self.today)
        return {verdict.table: verdict.rows for verdict in verdicts}

    @property
    def expected(self):
        return {table: len(rows) for table, rows in expected(self.world, self.today).items()}

from itertools import product
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from apps.queue import services
from devhealth.models.states import MOVES, State, may_move

pytestmark = pytest.mark.usefixtures("committed")


def force(state):
    """Set a unit's state past the guard."""
    with connection.cursor() as cursor:
        cursor.execute("alter table queue_workunit disable trigger guard_state")
        set_state(state)
        cursor.execute("alter table queue_workunit enable trigger guard_state")


def set_state(state):
    lease = "now()" if state == State.RUNNING else "null"
    with connection.cursor() as cursor:
        cursor.execute(f"update queue_workunit set state = %s, lease_until = {lease}", [state])


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_the_database_allows_what_the_machine_allows_and_nothing_else(before, after):
    services.add("pipeline.sync", uuid4())
    force(before)
    if before == after or may_move(before, after):
        set_state(after)
    else:
        with pytest.raises(IntegrityError, match=f"{before} work cannot become {after}"):
            set_state(after)


def test_work_begins_as_pending():
    services.add("pipeline.sync", uuid4())
    with (
        pytest.raises(IntegrityError, match="begins as pending"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "create temp table one on commit drop as select * from queue_workunit limit 1;"
            "update one set id = -1, state = 'completed';"
            "insert into queue_workunit select * from one"
        )


def test_every_state_has_its_moves():
    assert set(MOVES) == set(State)

import json
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from apps.queue import claims, services
from apps.queue.models import PUBLIC
from devhealth.errors import Permanent
from devhealth.models.states import State
from tests import work

pytestmark = pytest.mark.usefixtures("committed")


def jobs(*arguments):
    said = StringIO()
    call_command("jobs", *map(str, arguments), stdout=said)
    return said.getvalue()


def told(*arguments):
    return json.loads(jobs(*arguments, "--json"))


def failed(organization):
    def body(_):
        raise Permanent("The [repository] is gone.")

    with work.actor("tests.fails", body):
        unit = services.add("tests.fails", organization)
        work.run_all("sync")
    return unit


def test_an_unknown_unit_is_a_sentence():
    with pytest.raises(CommandError, match="no unit 7"):
        jobs("show", 7)


def test_an_unknown_organisation_is_a_sentence():
    with pytest.raises(CommandError, match="no organisation `nobody`"):
        jobs("list", "--org", "nobody")


def test_the_newest_are_listed_first(acme_id):
    first, second = (services.add("pipeline.sync", acme_id) for _ in range(2))
    assert [row["id"] for row in told("list")] == [second, first]


def test_organisations_are_shown_by_slug(acme_id):
    gone = uuid4()
    for organization in (acme_id, gone, PUBLIC):
        services.add("pipeline.sync", organization)
    assert [row["organization"] for row in told("list")] == [None, str(gone), "acme"]


def test_a_list_can_be_narrowed(acme_id, globex_id):
    services.add("pipeline.sync", acme_id)
    services.add("pipeline.compute", acme_id)
    services.add("pipeline.sync", globex_id)
    assert len(told("list", "--org", "acme", "--queue", "sync", "--state", "pending")) == 1
    assert len(told("list", "--limit", 2)) == 2
    assert told("list", "--state", "failed") == []


def test_a_table_shows_errors_as_they_are(acme_id):
    failed(acme_id)
    assert "The [repository] is gone." in jobs("list")


def test_one_unit_is_shown_whole(acme_id):
    unit = services.add("pipeline.sync", acme_id, ids={"unit": 3}, slots={"s": 1})
    shown = told("show", unit)
    assert (shown["ids"], shown["slots"], shown["fence"]) == ({"unit": 3}, ["s"], 0)


def test_quarantined_units_are_found(acme_id):
    with work.actor("tests.bug", lambda _: 1 / 0):
        unit = services.add("tests.bug", acme_id)
        for _ in range(3):
            work.run_all("sync")
            work.make_due()
    assert [row["id"] for row in told("quarantined")] == [unit]


def test_what_failed_is_taken_up_again(acme_id):
    assert told("requeue", failed(acme_id))[0]["state"] == "pending"


def test_of_several_all_are_taken_up_or_none(acme_id):
    unit, pending = failed(acme_id), services.add("pipeline.sync", acme_id)
    with pytest.raises(CommandError, match=f"Unit {pending} is pending"):
        jobs("requeue", unit, pending)
    assert work.states(id=unit) == ["failed"]


def test_what_is_over_cannot_be_canceled(acme_id):
    with pytest.raises(CommandError, match="is failed: there is nothing to cancel"):
        jobs("cancel", failed(acme_id))


def test_what_runs_is_asked_to_end(acme_id):
    unit = services.add("pipeline.sync", acme_id)
    claims.claim("sync")
    assert told("cancel", unit)[0]["state"] == "running"
    assert work.units(id=unit)[0].stop_requested


def test_what_waits_is_canceled_and_its_actor_told(acme_id):
    began, ended = [], []

    def heard(_, state, error):
        ended.append(state)

    with work.actor("tests.waits", began.append, ended=heard):
        later = services.now().replace(year=2999)
        unit = services.add("tests.waits", acme_id, not_before=later)
        jobs("cancel", unit)
        work.run_all("sync")
    assert (work.states(id=unit), began, ended) == (["canceled"], [], [State.CANCELED])

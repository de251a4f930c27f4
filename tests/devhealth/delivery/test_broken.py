"""Which deployment broke something, how that is known, and how long it took."""

import pytest

from devhealth.models.records import Deployment, Incident, Link
from tests.devhealth.delivery.things import deployed, incident, landed, pull, resolved

ONE = deployed("one", "2026-01-05 09:00", "c0")
TWO = deployed("two", "2026-01-06 09:00", "c1")
STAGED = deployed("staged", "2026-01-07 09:00", "c1", environment="staging")
BRANCH = [landed("c0", "2026-01-05 08:00"), landed("c1", "2026-01-06 08:00")]
SEVEN = pull(7, "2026-01-06 08:00:02", "c1")


def of_incident(*things, **told):
    """What an incident of Wednesday noon says, resolved on Saturday at 13:00."""
    asked = {"began": "2026-01-07 12:00", "ended": "2026-01-10 13:00"} | told
    found = resolved([*BRANCH, *things, incident("i", **asked)])[Incident]
    return found.to_dicts()[0]


def deployment_of(*things, **told):
    row = of_incident(*things, **told)
    return row["deployment_id"], row["link_basis"]


def failing(*things):
    """Deployments that broke something, and how that is known."""
    found = resolved([*BRANCH, *things])[Deployment].drop_nulls("failure_basis")
    return dict(found.select("deployment_id", "failure_basis").iter_rows())


def test_an_incident_goes_to_the_last_production_deployment_before_it():
    failed = deployed("failed", "2026-01-07 10:00", "c1", status="failed")
    assert deployment_of(ONE, TWO, STAGED, failed) == ("two", "heuristic")


def test_a_deployment_of_the_same_moment_is_not_before_it():
    same = deployed("same", "2026-01-07 12:00", "c1")
    assert deployment_of(ONE, TWO, same) == ("two", "heuristic")


def test_an_incident_before_every_deployment_has_none():
    assert deployment_of(ONE, began="2026-01-05 08:00") == (None, None)


def test_the_incidents_own_word_counts():
    told = {"deployment_id": "one", "link_basis": "native"}
    assert deployment_of(ONE, TWO, **told) == ("one", "native")


@pytest.mark.parametrize(
    "title",
    [
        "Down since https://github.com/acme/api/deployments/one",
        "Down (https://github.com/acme/api/deployments/one/).",
    ],
)
def test_an_address_of_a_deployment_names_it(title):
    assert deployment_of(ONE, TWO, title=title) == ("one", "explicit_text")


@pytest.mark.parametrize(
    "title",
    [
        "#7 broke the login",
        "Login is down (!7)",
        "See https://github.com/acme/api/pull/7: login is down",
    ],
)
def test_a_pull_request_names_the_production_deployment_that_brought_it(title):
    three = deployed("three", "2026-01-07 11:00", "c1")
    assert deployment_of(ONE, SEVEN, TWO, three, STAGED, title=title) == ("two", "explicit_text")


@pytest.mark.parametrize("title", ["7 users", "HTTP#7x", "ticket-#77", "see acme/web#7", "##7"])
def test_other_numbers_name_nothing(title):
    three = deployed("three", "2026-01-07 11:00", "c1")
    assert deployment_of(ONE, SEVEN, TWO, three, title=title) == ("three", "heuristic")


def test_what_came_after_the_incident_did_not_bring_it():
    """`fixed by #7`, which was deployed later."""
    later = {"began": "2026-01-05 12:00", "title": "Down, fixed by #7"}
    assert deployment_of(ONE, SEVEN, TWO, **later) == ("one", "heuristic")


def test_hours_are_from_the_start_and_from_the_deployment():
    row = of_incident(ONE, TWO)
    assert row["restore_hours"] == 73  # Wednesday 12:00 to Saturday 13:00
    assert row["recovery_hours"] == 100  # Tuesday 09:00 to Saturday 13:00


def test_an_incident_that_was_opened_again_has_no_hours():
    row = of_incident(ONE, TWO, ended=None)
    assert (row["restore_hours"], row["recovery_hours"], row["deployment_id"]) == (
        None,
        None,
        "two",
    )


def test_a_deployment_that_is_not_stored_tells_no_recovery():
    row = of_incident(deployment_id="lost", link_basis="native")
    assert (row["restore_hours"], row["recovery_hours"]) == (73, None)


# --- failures -------------------------------------------------------------------------------------


def test_a_deployment_with_an_incident_failed():
    assert failing(ONE, TWO, incident("i", "2026-01-07 12:00")) == {"two": "heuristic"}


def test_the_surest_of_several_ways_counts():
    told = {"deployment_id": "two", "link_basis": "native"}
    both = [incident("i", "2026-01-07 12:00"), incident("k", "2026-01-07 13:00", **told)]
    assert failing(ONE, TWO, *both) == {"two": "native"}


def test_a_revert_that_was_merged_a_week_later_makes_it_one():
    """#7 is `two`'s own commit; how it is a revert is told by words alone."""
    revert = pull(9, "2026-01-13 09:00", "c9", reverts_number=7)
    assert failing(ONE, SEVEN, TWO, revert) == {"two": "explicit_text"}


def test_a_revert_of_what_is_only_inferred_to_be_in_it_is_no_surer():
    branch = [landed("c2", "2026-01-06 08:30")]
    two = deployed("two", "2026-01-06 09:00", "c2")
    revert = pull(9, "2026-01-13 09:00", "c9", reverts_number=7)
    assert failing(ONE, SEVEN, two, revert, *branch) == {"two": "heuristic"}


@pytest.mark.parametrize(
    "revert",
    [
        pull(9, reverts_number=7),
        pull(9, "2026-01-06 08:30", "c9", reverts_number=7),
        pull(9, "2026-01-13 09:00", "c9", reverts_number=7, is_into_default=False),
        pull(9, "2026-01-13 09:00", "c9", reverts_number=8),
    ],
    ids=["open", "merged before it was deployed", "into another branch", "of something else"],
)
def test_other_reverts_do_not(revert):
    assert failing(ONE, SEVEN, TWO, revert) == {}


def test_a_failed_deployment_is_no_change_failure():
    failed = deployed("failed", "2026-01-07 10:00", "c1", status="failed")
    told = {"deployment_id": "failed", "link_basis": "native"}
    assert failing(ONE, failed, incident("i", "2026-01-07 12:00", **told)) == {}


# --- links ----------------------------------------------------------------------------------------


def test_links_say_what_was_found():
    revert = pull(9, "2026-01-13 09:00", "c9", reverts_number=7)
    found = resolved([*BRANCH, ONE, TWO, SEVEN, revert, incident("i", "2026-01-07 12:00")])[Link]
    columns = ("from_kind", "from_id", "to_kind", "to_id", "basis", "confidence", "rule")
    assert found.select(columns).rows() == [
        ("incident", "i", "deployment", "two", "heuristic", 0.5, "preceding"),
        ("pull_request", "#9", "pull_request", "#7", "explicit_text", 0.9, "reverts"),
    ]


def test_two_sources_may_call_their_incidents_the_same():
    other = incident("i", "2026-01-05 12:00", source_id="pager")
    found = resolved([*BRANCH, ONE, TWO, other, incident("i", "2026-01-07 12:00")])[Incident]
    assert dict(found.select("source_id", "deployment_id").iter_rows()) == {
        "github.com": "two", "pager": "one",
    }  # fmt: skip

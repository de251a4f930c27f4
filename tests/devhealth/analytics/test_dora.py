"""DORA's figures by hand: nothing is a mean, null is not zero, and what was chosen is said."""

from dataclasses import replace
from datetime import date

import pytest

from devhealth.analytics.dora import (
    NO_CHANGE,
    NO_CLOSED_DAY,
    NO_DEPLOYMENT,
    NO_INCIDENT,
    NO_MARKS,
    NO_RECOVERY,
    NO_SUCCESS,
    Asked,
    dora,
)
from devhealth.models.directory import Directory, Team
from tests.devhealth.delivery.stored import known
from tests.devhealth.delivery.things import ACME_API, deployed, incident, landed, pull
from tests.devhealth.metrics.worlds import WEB
from tests.devhealth.stores import Organisation

TODAY = date(2026, 12, 31)
JANUARY = Asked(since=date(2026, 1, 1), until=date(2026, 1, 31))  # thirty days

ACME_WEB = replace(ACME_API, repo_id=WEB, full_name="acme/web")
TEAMS = Directory(
    teams=(
        Team("api", "API", repositories=("acme/api",)),
        Team("web", "Web", repositories=("acme/web",)),
    ),
    deployment_kinds=(("acme/web", "release"),),
)

# Three successes of api's, the second followed by an incident; one of staging, one that failed.
# #1: begun 26 h and merged 2 h before it was deployed; #2: 7 h and 1 h; #3: 30 h and 6 h.
THINGS = [
    landed("c0", "2026-01-05 08:00"),
    landed("c1", "2026-01-05 10:00"),
    landed("c2", "2026-01-05 11:00"),
    landed("c3", "2026-01-06 06:00"),
    pull(1, "2026-01-05 10:00", "c1", begun="2026-01-04 10:00", team_id="api"),
    pull(2, "2026-01-05 11:00", "c2", begun="2026-01-05 05:00", team_id="api"),
    pull(3, "2026-01-06 06:00", "c3", begun="2026-01-05 06:00", team_id="api"),
    deployed("d0", "2026-01-05 09:00", "c0"),
    deployed("d1", "2026-01-05 12:00", "c2"),
    deployed("d2", "2026-01-06 12:00", "c3"),
    deployed("s", "2026-01-06 13:00", "c3", environment="staging"),
    deployed("f", "2026-01-06 14:00", "c3", status="failed"),
    incident("i", "2026-01-05 14:00", "2026-01-09 14:00"),
    deployed("release:1", "2026-01-07 12:00", "w1", kind="release", repo_id=WEB),
    deployed("not counted", "2026-01-07 12:00", "w1", repo_id=WEB),
]


@pytest.fixture(scope="module")
def acme(store):
    return known(Organisation(store), THINGS, TEAMS, (ACME_API, ACME_WEB))


def asked(acme, today=TODAY, **more):
    return dora(acme.sink(), replace(JANUARY, **more), today=today, directory=TEAMS)


def of(figure):
    return figure.value, figure.n


def test_another_organisation_has_nothing(acme, store):
    found = dora(Organisation(store).sink(), JANUARY, today=TODAY)
    assert [of(each) for each in (found.deployment_frequency, found.change_lead_time)] == [
        (None, 0), (None, 0),
    ]  # fmt: skip


def test_frequency_is_successes_of_production_a_closed_day(acme):
    found = asked(acme)
    assert of(found.deployment_frequency) == (round(4 / 30, 6), 4)
    assert found.closed_days == 30


def test_a_day_that_is_not_over_counts_on_neither_side(acme):
    """From the 5th on, asked on the 6th: of one day, with two successes."""
    found = asked(acme, today=date(2026, 1, 6), since=date(2026, 1, 5))
    assert (of(found.deployment_frequency), found.closed_days) == ((2, 2), 1)
    assert of(found.change_fail_rate) == (round(1 / 3, 6), 3)


def test_the_fail_rate_is_one_of_sums(acme):
    assert of(asked(acme).change_fail_rate) == (0.25, 4)


def test_lead_times_are_quantiles_of_changes(acme):
    assert of(asked(acme).change_lead_time) == (26, 3)  # of 26, 7 and 30
    assert of(asked(acme, profile="merge").change_lead_time) == (2, 3)  # of 2, 1 and 6
    assert of(asked(acme, share=0.9).change_lead_time) == (29.2, 3)  # 26 + 0.8 · 4


def test_recovery_is_from_the_deployment_and_restoring_from_the_incident(acme):
    found = asked(acme)
    assert of(found.failed_deployment_recovery_time) == (98, 1)
    assert of(found.time_to_restore) == (96, 1)


def test_what_is_inferred_can_be_left_out(acme):
    """#2 and #3 were deployed themselves; the incident only follows its deployment."""
    found = asked(acme, heuristics=False)
    assert of(found.deployment_frequency) == (round(4 / 30, 6), 4)
    assert of(found.change_lead_time) == (18.5, 2)
    assert of(found.change_fail_rate) == (0, 4)
    assert found.failed_deployment_recovery_time.reason == NO_RECOVERY
    assert of(found.time_to_restore) == (96, 1)


def test_repositories_are_told_apart(acme):
    found = asked(acme, repositories=(str(WEB),))
    assert of(found.deployment_frequency) == (round(1 / 30, 6), 1)
    assert (of(found.change_lead_time), found.change_lead_time.reason) == ((None, 0), NO_CHANGE)
    assert found.time_to_restore.reason == NO_INCIDENT


@pytest.mark.parametrize("team", ["api", "web"])
def test_a_team_is_its_repositories(acme, team):
    repository = {"api": ACME_API, "web": ACME_WEB}[team]
    by_team = asked(acme, teams=(team,))
    by_repository = asked(acme, repositories=(str(repository.repo_id),))
    assert replace(by_team, asked=JANUARY, kinds={}) == replace(
        by_repository, asked=JANUARY, kinds={}
    )


def test_the_answer_says_what_was_chosen(acme):
    found = asked(acme)
    assert found.kinds == {str(ACME_API.repo_id): "deployment", str(WEB): "release"}
    assert (found.asked.profile, found.unlinked_incidents) == ("first_commit", 0)


def test_rework_is_null_for_nobody_marks_it(acme):
    assert asked(acme).deployment_rework_rate.reason == NO_MARKS


def test_no_success_is_zero_a_day_and_no_rate(acme):
    february = {"since": date(2026, 2, 1), "until": date(2026, 2, 28)}
    found = asked(acme, **february)
    assert of(found.deployment_frequency) == (0, 0)
    assert found.change_fail_rate.reason == NO_SUCCESS


def test_where_no_deployment_was_ever_known_it_is_null(acme):
    found = asked(acme, teams=("nobody",))
    assert found.deployment_frequency.reason == NO_DEPLOYMENT


def test_days_to_come_are_none(acme):
    found = asked(acme, today=date(2026, 1, 1))
    assert found.deployment_frequency.reason == NO_CLOSED_DAY


def test_any_store_gives_the_same(any_store):
    found = asked(known(Organisation(any_store), THINGS, TEAMS, (ACME_API, ACME_WEB)))
    assert of(found.deployment_frequency) == (round(4 / 30, 6), 4)
    assert of(found.change_lead_time) == (26, 3)
    assert of(found.failed_deployment_recovery_time) == (98, 1)
    assert of(found.change_fail_rate) == (0.25, 4)

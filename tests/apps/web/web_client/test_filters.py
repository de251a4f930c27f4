"""The client's filter, in a body and in an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.errors import BadRequest
from apps.web.web_client.filters import decoded, encoded
from tests.apps.web.web_client.conftest import JANUARY
from tests.devhealth.metrics.worlds import ADA, API, GRACE, JOAN

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(), JSON))
def test_f_is_read_as_it_was_written(filters):
    assert decoded(encoded(filters)) == filters


@pytest.mark.parametrize("f", ["a", "%%%", "bm8", "WzFd", "é"])
def test_what_is_no_f_is_a_bad_request(f):
    with pytest.raises(BadRequest):
        decoded(f)


def deployed(tenant, filters, path="home"):
    found = tenant.send("POST", path, {"filters": JANUARY | filters}).json()
    return next(each["value"] for each in found["deltas"] if each["metric"] == "deploy_freq")


def status(tenant, filters):
    answer = tenant.send("POST", "home", {"filters": filters})
    return answer.status_code, answer.json()["code"]


def test_a_filter_in_the_address_is_that_of_the_body(acmes):
    only = JANUARY | {"scope": {"level": "repo", "ids": ["acme/web"]}}
    by_address = acmes.send("POST", f"home?f={encoded(only)}", {}).json()
    assert by_address["deltas"] == acmes.send("POST", "home", {"filters": only}).json()["deltas"]


def test_a_repository_is_named_by_its_id_or_its_name(acmes):
    named = [{"scope": {"level": "repo", "ids": [each]}} for each in (str(API), "acme/api")]
    assert [deployed(acmes, each) for each in named] == [2, 2]


def test_what_is_named_twice_must_hold_both_times(acmes):
    both = {"scope": {"level": "repo", "ids": ["acme/web"]}, "what": {"repos": ["acme/api"]}}
    assert deployed(acmes, both) is None


@pytest.mark.parametrize(
    "scope",
    [
        {"level": "repo", "ids": ["globex/api"]},
        {"level": "team", "ids": ["nobody's"]},
        {"level": "service", "ids": ["api"]},
        {"level": "developer", "ids": ["nobody"]},
    ],
)
def test_an_unknown_scope_is_not_found(acmes, scope):
    assert status(acmes, {"scope": scope})[0] == 404


def test_a_repository_of_acmes_is_unknown_to_globex(acmes, globex):
    scope = {"level": "repo", "ids": [str(API)]}
    assert status(globex, {"scope": scope}) == (404, "not_found")


def test_what_is_no_filter_is_not_valid(acmes):
    assert status(acmes, {"scope": {"level": "planet"}}) == (422, "invalid_filter")


def test_days_that_cannot_be_asked_are_a_bad_request(acmes):
    backwards = {"time": {"start_date": "2026-02-01", "end_date": "2026-01-01"}}
    assert status(acmes, backwards) == (400, "no_days")


def test_nobody_narrows_figures_down_to_fewer_people_than_are_told_apart(acmes):
    few = {"who": {"developers": [str(each) for each in (ADA, GRACE, JOAN)]}}
    assert status(acmes, few) == (422, "too_few_people")


def test_what_the_client_adds_in_time_is_left_aside(acmes):
    assert deployed(acmes, {"how": {"blocked": True}, "when": {"moon": "full"}}) == 2


def test_the_end_of_a_range_is_its_last_day_itself(acmes):
    """Deployments of January 11th and 13th."""
    until = {
        day: {"time": {"start_date": "2026-01-01", "end_date": f"2026-01-{day}"}}
        for day in (10, 11, 12, 13)
    }
    found = {day: deployed(acmes, each) or 0 for day, each in until.items()}
    assert found == {10: 0, 11: 1, 12: 1, 13: 2}

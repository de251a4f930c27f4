"""The first page of an organisation, in the numbers that GraphQL tells."""

import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from apps.metrics.store import store
from apps.orgs.models import Role
from apps.web.templatetags.figures import amount, signed, spark
from devhealth.analytics.parts import Point
from devhealth.due import everything
from devhealth.recompute import recompute
from tests.apps.integrations.consent import entered, home
from tests.apps.metrics.rows import JAN_1
from tests.apps.metrics.test_data_health import seen
from tests.apps.metrics.test_home import HOME
from tests.browsers import Browser

__all__ = ["seen"]


def page(tenant, browser, days=""):
    return browser.get(f"{home(tenant)}{days}").content.decode()


def recomputed(tenant):
    now = datetime.now(UTC)
    sink = store().for_org(tenant.organization.id, version=now)
    recompute(sink, everything(sink), today=now.date())


def shown(text):
    """Figures by measure."""
    found = re.findall(r'data-metric="(\w+)">.*?class="figure">([^<]*)<', text, re.DOTALL)
    return dict(found)


def test_a_stranger_is_sent_to_the_login(acme):
    browser = Browser()
    browser.get(home(acme))
    assert urlsplit(browser.url).path == "/account/login/"


def test_mallory_of_globex_sees_nothing_of_acmes(seen, globex):
    text = page(globex, entered(globex))
    assert "github.com" not in text
    assert "There are no figures yet." in text


@pytest.mark.parametrize(
    ("role", "said"),
    [
        (Role.ADMIN, "Connect a provider</a>"),
        (Role.VIEWER, "This is for owners and admins."),
    ],
)
def test_where_there_is_nothing_it_says_what_comes_next(acme, role, said):
    text = page(acme, entered(acme, role))
    assert said in text
    assert "There are no figures yet." in text


def test_it_shows_what_graphql_tells(seen):
    recomputed(seen)
    text = page(seen, entered(seen, Role.VIEWER), "?days=7")
    told = seen.graphql(HOME, window={"rangeDays": 7})["data"]["home"]
    expected = {each["metric"]: amount(each["value"], each["unit"]) for each in told["deltas"]}
    assert shown(text) == expected
    assert expected["prs_merged"] == "3"
    for signal in told["signals"]:
        assert signal["text"] in text
    assert "degraded" in text


def test_a_span_that_is_not_offered_is_the_usual_one(seen):
    recomputed(seen)
    text = page(seen, entered(seen), "?days=12345")
    assert '<a href="?days=30" aria-current="true">30 days</a>' in text


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (None, "hours", "–"),
        (0, "items", "0"),
        (12345, "items", "12\u202f345"),
        (0.126, "ratio", "13 %"),
        (71.94, "hours", "71.9 h"),
        (72, "hours", "3.0 days"),
    ],
)
def test_a_number_is_said_as_people_read_it(value, unit, said):
    assert amount(value, unit) == said


def test_a_change_has_its_sign():
    assert [signed(each) for each in (12.4, -0.6, 0)] == ["+12", "−1", "+0"]


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ([], []),
        ([1], []),
        ([None, 1], []),
        ([1, 3], ["2.0,30.0 118.0,2.0"]),
        ([2, 2], ["2.0,16.0 118.0,16.0"]),
        ([1, None, 3], ["2.0,30.0 3.0,30.0", "118.0,2.0 119.0,2.0"]),
    ],
)
def test_a_line_breaks_where_nothing_was_measured(values, lines):
    points = [Point(JAN_1, value, None) for value in values]
    assert re.findall(r'points="([^"]*)"', spark(points, "Deployments")) == lines


def test_a_label_is_escaped():
    points = [Point(JAN_1, value, None) for value in (1, 2)]
    assert '"><script>' not in spark(points, '"><script>')

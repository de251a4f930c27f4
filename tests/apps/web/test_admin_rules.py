"""What words mean in an organisation, said on pages: deployments, statuses, kinds of work."""

import re

import pytest

from apps.metrics.models import DirectorySettings
from apps.orgs.models import AuditEntry
from tests.apps.metrics.conftest import repository
from tests.apps.web.admins import Inside, text
from tests.devhealth.delivery.things import pull
from tests.devhealth.metrics.worlds import API

DEPLOYMENTS, STATUSES = "directory/deployments/", "directory/statuses/"
RULES = "directory/kinds-of-work/"


@pytest.fixture
def owner(acme):
    return Inside(acme)


def version(page):
    return re.search(r'name="version" value="([^"]+)"', text(page))[1]


def save(owner, path, **given):
    page = owner.open(path)
    return text(owner.post(owner.url, {"version": version(page), **given}))


def stored(tenant, column):
    with tenant.entered():
        settings = DirectorySettings.objects.first()
        return getattr(settings, column) if settings else None


def rule_form(*rules, **buttons):
    """As the browser sends it."""
    given = {"form-TOTAL_FORMS": len(rules), "form-INITIAL_FORMS": 0}
    for place, rule in enumerate(rules):
        given |= {f"form-{place}-{name}": value for name, value in rule.items()}
    return given | buttons


def rule(order, kind="quality/bugfix", **more):
    return {
        "kind": kind,
        "types": "",
        "labels": "",
        "titles": "",
        "paths": "",
        "ORDER": order,
    } | more


@pytest.mark.parametrize("path", [DEPLOYMENTS, STATUSES, RULES])
def test_what_globex_says_is_none_of_acmes(globex, acme, owner, path):
    there = Inside(globex)
    if path == RULES:
        save(there, path, **rule_form(rule(1, labels="globex-bug")))
    else:
        value = "release" if path == DEPLOYMENTS else "done"
        column = "deployment_kinds" if path == DEPLOYMENTS else "statuses"
        save(there, path, **{column: f"globex-thing = {value}"})
    assert "globex-" in text(there.open(path))
    assert "globex-" not in text(owner.open(path))


def test_a_line_says_what_a_deployment_is(owner, acme):
    page = save(owner, DEPLOYMENTS, deployment_kinds="Acme/API = release\n\nacme/* = merge")
    assert "Saved; records and numbers follow" in page
    assert stored(acme, "deployment_kinds") == {"acme/api": "release", "acme/*": "merge"}
    shown = text(owner.open(DEPLOYMENTS))
    assert "acme/api = release" in shown
    assert "acme/* = merge" in shown
    assert AuditEntry.objects.latest("at").action == "settings.update"


def test_a_line_says_what_a_status_means(owner, acme):
    save(owner, STATUSES, statuses="In QA = in_review\nWaiting = for = ever = blocked")
    assert stored(acme, "statuses") == {"in qa": "in_review", "waiting = for = ever": "blocked"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("acme/api", "write a name, `=`, and what it is"),
        ("= release", "write a name, `=`, and what it is"),
        ("acme/api = release\nacme/api = merge", "is named twice"),
        ("acme/api = rocket", "`rocket` is no deployment"),
        ("a*b = merge", "a whole name, or its beginning and one `*`"),
    ],
)
def test_a_line_that_says_nothing_is_told_at_the_field_and_nothing_is_stored(
    owner, acme, lines, said
):
    page = save(owner, DEPLOYMENTS, deployment_kinds=lines).replace("&#x27;", "'")
    assert 'class="wrong" role="alert">' in page
    assert said in page
    assert not stored(acme, "deployment_kinds")


def test_of_two_who_change_the_same_one_is_told(owner, acme):
    stale = version(owner.open(STATUSES))
    save(owner, STATUSES, statuses="QA = done")
    page = save(owner, STATUSES, statuses="QA = blocked", version=stale)
    assert "changed since you read it" in page
    assert stored(acme, "statuses") == {"qa": "done"}


def test_rules_are_tried_in_the_order_of_their_turns(owner, acme):
    save(
        owner,
        RULES,
        **rule_form(
            rule(2, labels="bug, Defect"),
            rule(1, "risk/security", titles="*cve*"),
            rule("", ""),
            rule(4, paths="*.md", DELETE="on"),
        ),
    )
    rules = stored(acme, "category_rules")
    assert [(each["theme"], each["subcategory"]) for each in rules] == [
        ("risk", "security"),
        ("quality", "bugfix"),
    ]
    assert rules[1]["labels"] == ["bug", "defect"]
    page = text(owner.open(RULES))
    assert page.index("*cve*") < page.index("bug, defect")


def test_a_rule_that_matches_everything_is_told_in_its_row(owner, acme):
    page = save(owner, RULES, **rule_form(rule(1, labels="bug"), rule(2)))
    assert page.index('value="bug"') < page.index("A rule without any pattern")
    assert not stored(acme, "category_rules")


def test_what_a_rule_would_change_is_told_and_not_done(owner, acme):
    acme.write([repository(API, "acme/api")])
    acme.write([pull(1, "2026-01-06 10:00", labels=["bug"]), pull(2, "2026-01-07 10:00")])
    page = save(owner, RULES, **rule_form(rule(1, labels="bug"), preview="1"))
    assert "<dd>3; 2 pull_requests; 1 identities</dd>" in page  # never stamped before
    assert 'value="bug"' in page
    assert not stored(acme, "category_rules")


def test_a_word_that_changes_nothing_says_so(owner, acme):
    page = save(owner, STATUSES, statuses="QA = done", preview="1")
    assert "No record would say anything else." in page
    assert not stored(acme, "statuses")

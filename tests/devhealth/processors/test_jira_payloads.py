"""What public projects' Jira has answered: each is an item, or unreadable for a named reason."""

from collections import defaultdict

from devhealth.models.records import WorkScope
from devhealth.processors import jira
from devhealth.processors.reading import Unreadable
from devhealth.processors.work_ids import work_scope_id
from tests import payloads

HOST = "site.example.com"
FIELDS = {"points": ["customfield_10024"], "sprint": ["customfield_10020"], "flagged": []}


def histories():
    """By issue."""
    found = defaultdict(list)
    for body, asked in payloads.devlake("jira", "issue_changelogs"):
        found[str(asked["issue_id"])].append(body)
    return found


def statuses():
    return {body["id"]: body for body, _ in payloads.devlake("jira", "status")}


def issues():
    told, known = histories(), {"fields": FIELDS, "statuses": statuses()}
    for table in ("issues", "issues_for_due_date"):
        for body, _ in payloads.devlake("jira", table):
            own = told.get(body["id"]) or (body.get("changelog") or {}).get("histories", [])
            yield body | {"histories": own, "known": known}


def scope_of(raw):
    told = raw["fields"]["project"]
    return WorkScope(
        work_scope_id=work_scope_id(HOST, told["id"]),
        source_id=HOST,
        provider="jira",
        scope_key=told["key"],
        name=told["name"],
        url=f"https://{HOST}/browse/{told['key']}",
        native_id=told["id"],
    )


def read():
    found, reasons = [], set()
    for raw in issues():
        try:
            found.append(jira.work_item(raw, scope_of(raw)))
        except Unreadable as error:
            reasons.add(str(error))
    return found, sorted(reasons)


def test_each_is_an_item_or_unreadable_for_a_reason():
    found, reasons = read()
    assert len(found) > 30
    assert reasons == ["`customfield_10024` is no number."]  # one says "-1", a text


def test_the_last_change_of_each_leads_to_what_it_is_now():
    found, _ = read()
    assert all(each.changes[-1].status_raw == each.item.status_raw for each in found)
    assert all(each.changes[-1].until is None for each in found)


def test_every_change_is_told_once():
    for each in read()[0]:
        ids = [change.change_id for change in each.changes]
        assert len(ids) == len(set(ids))


def test_changelogs_tell_of_statuses_and_sprints():
    fields = {change.field for each in read()[0] for change in each.changes}
    assert {"created", "status", "sprint"} <= fields

"""Bodies in Jira Cloud's shape, of people who do not exist."""

from datetime import UTC, datetime

from devhealth.processors import jira

SITE = "https://acme.atlassian.net"
ADA = {"accountId": "5A:ada", "displayName": "Ada Lovelace", "accountType": "atlassian"}
BOB = {"accountId": "5a:bob", "displayName": "Bob Builder", "accountType": "atlassian"}
GONE = {"accountId": "5a:gone", "displayName": "Former user", "active": False}

SPRINT, POINTS, ESTIMATE, FLAGGED = (f"customfield_{number}" for number in range(10020, 10024))
FIELDS = [
    {"id": "summary", "name": "Summary", "schema": {"type": "string", "system": "summary"}},
    {"id": SPRINT, "name": "Sprint", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
    {"id": POINTS, "name": "Story Points", "schema": {"type": "number", "custom": "float"}},
    {
        "id": ESTIMATE,
        "name": "Story point estimate",
        "schema": {"custom": "com.pyxis.greenhopper.jira:jsw-story-points"},
    },
    {
        "id": FLAGGED,
        "name": "Markiert",
        "untranslatedName": "Flagged",
        "schema": {"type": "array", "custom": "multicheckboxes"},
    },
    {"id": "customfield_10030", "name": "Customer"},
    {"id": "customfield_10031", "name": "Story Points", "schema": {"type": "string"}},
]


def raw_status(native_id, name, category):
    return {"id": native_id, "name": name, "statusCategory": {"id": 2, "key": category}}


TO_DO = raw_status("1", "To Do", "new")
DOING = raw_status("3", "In Progress", "indeterminate")
DONE = raw_status("5", "Done", "done")
STATUSES = [TO_DO, DOING, DONE]
KNOWN = {
    "fields": {"points": [POINTS, ESTIMATE], "sprint": [SPRINT], "flagged": [FLAGGED]},
    "statuses": {each["id"]: each for each in STATUSES},
}


def at(hour, minute=0, second=0, day=2):
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


def text(when):
    """As Jira writes it: no colon in the zone."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def raw_project(**changes):
    return {"id": "10000", "key": "ABC", "name": "Alphabet"} | changes


def raw_sprint(native_id=7, state="active", started=None, completed=None, **changes):
    return {
        "id": native_id,
        "name": f"Sprint {native_id}",
        "state": state,
        "boardId": 1,
        "startDate": text(started or at(8)),
        "endDate": text(at(8, day=16)),
        **({"completeDate": text(completed)} if completed else {}),
    } | changes


def raw_issue(number=1, status=TO_DO, histories=(), **fields):
    """ABC-1 of Ada, filed at 9 on 2 March."""
    newest = max((each["created"] for each in histories), default=text(at(9)))
    return {
        "id": str(20000 + number),
        "key": fields.pop("key", f"ABC-{number}"),
        "fields": {
            "summary": "Add a door",
            "status": status,
            "issuetype": {"id": "10001", "name": "Story"},
            "priority": {"id": "3", "name": "Medium"},
            "labels": [],
            "created": text(at(9)),
            "updated": newest,
            "duedate": None,
            "resolution": None,
            "resolutiondate": None,
            "statuscategorychangedate": None,
            "reporter": ADA,
            "assignee": None,
            "project": raw_project(),
            SPRINT: None,
            POINTS: None,
            FLAGGED: None,
        }
        | fields,
        "histories": list(histories),
    }


def raw_history(native_id, when, *items, author=ADA):
    return {
        "id": str(native_id),
        "created": text(when),
        "items": list(items),
        **({"author": author} if author else {}),
    }


def item(name, before=None, after=None, *, from_id=None, to_id=None, field_id=None):
    return {
        "field": name,
        "fieldId": field_id or name,
        "from": from_id,
        "fromString": before,
        "to": to_id,
        "toString": after,
    }


def moved(before, after):
    """A change of status."""
    ids = {"from_id": before["id"], "to_id": after["id"]}
    return item("status", before["name"], after["name"], **ids)


def resolved(after, before=None):
    return item("resolution", before, after)


def given(before=None, after=None):
    """A change of the assignee."""
    names = [each and each["displayName"] for each in (before, after)]
    ids = [each and each["accountId"] for each in (before, after)]
    return item("assignee", *names, from_id=ids[0], to_id=ids[1])


def planned(before, after):
    """A change of sprints, by their ids as Jira lists them."""
    names = {"field_id": SPRINT, "from_id": before, "to_id": after}
    return item("Sprint", f"Sprints {before}", f"Sprints {after}", **names)


def flagged(*, on=True):
    return item("Flagged", "" if on else "Impediment", "Impediment" if on else "", field_id=FLAGGED)


def told(raw, *, site=SITE, project=None):
    """What the processor makes of an issue."""
    scope = jira.project((project or raw_project()) | {"site": site})
    return jira.work_item(raw | {"known": KNOWN}, scope)

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.orgs.models import AuditEntry, Membership, Scope, User
from apps.orgs.services import issue_token
from tests.tenants import client, send

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def entry(tenant, action="teams.create", user=None, at=NOON):
    return AuditEntry.objects.create(
        organization=tenant.organization,
        user_id=user or tenant.owner.pk,
        action=action,
        target="team:1",
        after={"name": "Core"},
        at=at,
    )


def ids(answer):
    return [item["id"] for item in answer.json()["items"]]


def member_of(tenant, role, scopes):
    person = User.objects.create_user(f"{uuid4().hex}@acme.example")
    Membership.objects.create(organization=tenant.organization, user=person, role=role)
    _, text = issue_token(tenant.organization, by=person, name="t", scopes=scopes)
    return client(Authorization=f"Bearer {text}")


def test_a_stranger_is_told_no(stranger):
    assert send(stranger, "GET", "audit-log").status_code == 401


def test_mallory_of_globex_sees_nothing_of_acmes(acme, globex):
    acmes = entry(acme)
    assert str(acmes.pk) not in ids(globex.get("audit-log", limit=200))


def test_an_owner_by_a_token_of_other_scopes_is_told_no(acme):
    owner = member_of(acme, "owner", set(Scope) - {Scope.AUDIT_READ})
    assert send(owner, "GET", "audit-log").json()["code"] == "missing_scope"


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("member", 403), ("admin", 200), ("owner", 200)]
)
def test_only_admins_and_owners_read_it(acme, role, status):
    assert send(member_of(acme, role, Scope), "GET", "audit-log").status_code == status


def test_an_entry_is_told_whole(acme):
    made = entry(acme)
    span = {"since": "2026-01-01T12:00:00Z", "until": "2026-01-01T12:00:01Z"}
    (told,) = acme.get("audit-log", **span).json()["items"]
    assert told == {
        "id": str(made.pk),
        "at": "2026-01-01T12:00:00Z",
        "user_id": str(acme.owner.pk),
        "user_email": "olga@acme.example",
        "token_id": None,
        "staff_id": None,
        "staff_email": None,
        "action": "teams.create",
        "target": "team:1",
        "before": None,
        "after": {"name": "Core"},
        "request_id": "",
    }


def test_a_person_who_is_gone_has_no_address(acme):
    entry(acme, user=(gone := uuid4()))
    told = acme.get("audit-log", user_id=gone).json()["items"]
    assert [each["user_email"] for each in told] == [None]


def test_pages_go_from_new_to_old_and_miss_none(acme):
    person = uuid4()
    made = [entry(acme, user=person, at=NOON + timedelta(hours=each // 2)) for each in range(5)]
    seen, cursor = [], {}
    while cursor is not None:
        answer = acme.get("audit-log", user_id=person, limit=2, **cursor).json()
        seen += [item["id"] for item in answer["items"]]
        cursor = {"cursor": answer["next_cursor"]} if answer["next_cursor"] else None
    newest_first = sorted(made, key=lambda each: (each.at, each.pk), reverse=True)
    assert seen == [str(each.pk) for each in newest_first]


def test_the_action_is_a_filter(acme):
    person = uuid4()
    entry(acme, "teams.delete", person)
    wanted = [entry(acme, action, person) for action in ("teams.create", "teams.update")]
    found = acme.get("audit-log", user_id=person, action=["teams.create", "teams.update"])
    assert set(ids(found)) == {str(each.pk) for each in wanted}


def test_since_is_in_and_until_is_not(acme):
    person = uuid4()
    _, wanted, _ = (entry(acme, user=person, at=NOON + timedelta(days=each)) for each in range(3))
    span = {"since": "2026-01-02T12:00:00Z", "until": "2026-01-03T12:00:00Z"}
    assert ids(acme.get("audit-log", user_id=person, **span)) == [str(wanted.pk)]


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
        {"since": "2026-01-02T00:00:00"},
        {"user_id": "olga"},
        {"person": "olga"},
        {"cursor": "x"},
    ],
)
def test_what_means_nothing_is_refused(acme, asked):
    assert acme.get("audit-log", **asked).status_code == 400


def test_a_cursor_is_good_for_its_own_question_only(acme):
    for _ in range(2):
        entry(acme)
    cursor = acme.get("audit-log", limit=1).json()["next_cursor"]
    asked = {"cursor": cursor, "action": "teams.create"}
    assert acme.get("audit-log", limit=1, **asked).json()["code"] == "invalid_cursor"


def test_nobody_writes_by_rest(acme):
    assert acme.send("POST", "audit-log", {}).status_code == 405

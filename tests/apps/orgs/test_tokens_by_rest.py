"""API tokens over REST."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.errors import Conflict
from apps.orgs import keys
from apps.orgs.models import ApiToken, AuditEntry, Scope
from tests.apps.orgs.people import acting, join, told
from tests.queries import queries_of
from tests.tenants import client, in_threads, send

READ = ["metrics:read"]
SELF = {Scope.TOKENS_READ, Scope.TOKENS_WRITE}


@pytest.fixture
def ada(acme):
    return join(acme)


def create(who, name="ci", scopes=READ, **more):
    return who.send("POST", "tokens", {"name": name, "scopes": scopes} | more)


def after(days):
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def names(answer):
    return [each["name"] for each in answer.json()["items"]]


def test_a_new_token_opens_what_it_was_made_for(ada):
    made = create(ada).json()
    mine = client(Authorization=f"Bearer {made['token']}")
    assert send(mine, "GET", "me").json()["token"]["scopes"] == READ
    assert send(mine, "GET", "members").json()["code"] == "missing_scope"


def test_its_text_is_shown_once_and_kept_by_nobody(ada):
    answer = create(ada)
    text = answer.json()["token"]
    assert answer["Cache-Control"] == "no-store"
    assert text[12:] not in ada.get("tokens").content.decode()
    assert text[12:] not in str(list(ApiToken.objects.values()))


def test_a_list_says_whose_a_token_is_and_no_digest(acme, ada):
    made = create(ada).json()
    (listed, _) = ada.get("tokens").json()["items"]
    assert listed == {name: each for name, each in made.items() if name != "token"}
    assert (listed["user_email"], "digest" in listed) == (ada.user.email, False)


def test_it_lasts_ninety_days_unless_told_otherwise(ada):
    ends = datetime.fromisoformat(create(ada).json()["expires_at"])
    assert timedelta(days=89) < ends - datetime.now(UTC) < timedelta(days=91)


@pytest.mark.parametrize("days", [-1, 366])
def test_it_ends_in_the_future_and_within_a_year(ada, days):
    answer = create(ada, expires_at=after(days))
    assert told(answer) == (422, "invalid_body")
    assert answer.json()["errors"][0]["pointer"] == "/body/expires_at"


def test_only_an_owners_token_lasts_for_ever(acme, ada):
    assert told(create(ada, expires_at=None)) == (403, "owners_only")
    assert create(acme, expires_at=None).json()["expires_at"] is None


def test_it_may_no_more_than_the_persons_role(acme):
    assert told(create(join(acme), scopes=["audit:read"])) == (403, "scope_beyond_role")
    assert create(join(acme, "admin"), scopes=["audit:read"]).status_code == 201


def test_it_may_no_more_than_the_token_it_was_made_with(acme):
    narrow = join(acme, "owner", scopes=SELF)
    assert told(create(narrow)) == (403, "scope_beyond_role")


def test_a_scope_that_there_is_not_is_refused(acme):
    assert told(create(acme, scopes=["*"])) == (400, "unknown_scope")


def test_a_name_is_given_once_by_each_person(acme, ada):
    create(ada)
    assert told(create(ada)) == (409, "name_taken")
    assert create(acme).status_code == 201


def test_a_revoked_tokens_name_is_free(ada):
    ada.send("DELETE", f"tokens/{create(ada).json()['id']}")
    assert create(ada).status_code == 201


def test_of_sixteen_of_one_name_at_once_one_is_made(initech):
    olga = acting(initech, initech.owner)

    def make(_):
        try:
            keys.create("ci", READ, None, by=olga)
        except Conflict:
            return [0]
        return [1]

    assert sum(in_threads(make, threads=16)) == 1


@pytest.mark.parametrize(
    ("role", "listed"), [("member", ["first"]), ("admin", ["first", "first", "tests"])]
)
def test_everybodys_are_listed_for_admins(acme, ada, role, listed):
    assert names(join(acme, role).get("tokens")) == listed


def test_ones_own_is_revoked_at_once(ada):
    made = create(ada).json()
    assert ada.send("DELETE", f"tokens/{made['id']}").status_code == 204
    assert send(client(Authorization=f"Bearer {made['token']}"), "GET", "me").status_code == 401
    assert told(ada.send("DELETE", f"tokens/{made['id']}")) == (404, "not_found")


def test_anothers_is_nothing_but_for_admins(acme, ada):
    path = f"tokens/{create(ada).json()['id']}"
    assert told(join(acme).send("DELETE", path)) == (404, "not_found")
    assert join(acme, "admin").send("DELETE", path).status_code == 204


def test_its_making_and_its_end_are_in_the_audit_log_without_it(acme, ada):
    made = create(ada).json()
    ada.send("DELETE", f"tokens/{made['id']}")
    entries = AuditEntry.objects.filter(target=f"token:{made['id']}").order_by("at", "action")
    assert {each.action for each in entries} == {"tokens.create", "tokens.revoke"}
    assert {each.token_id for each in entries} == {ada.member.token.pk}
    assert made["token"][12:] not in str(list(entries.values()))


@pytest.mark.parametrize("count", [1, 20])
def test_a_page_costs_the_same_whatever_is_on_it(acme, count):
    for number in range(count):
        create(acme, f"n{number}")
    acme.get("me")  # notes the token's use
    assert len(queries_of(lambda: acme.get("tokens"))) == 2  # the token, the tokens

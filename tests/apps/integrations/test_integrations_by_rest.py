"""Connecting, testing, discovering and disconnecting by REST, at providers on 127.0.0.1."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from apps.integrations.models import Credential, Integration
from apps.orgs.models import AuditEntry, Scope
from tests.apps.integrations.conftest import SOURCES, body, connect
from tests.apps.integrations.connected import connected
from tests.devhealth.remote_hops import TOKEN
from tests.provider import faults
from tests.tenants import client, send

UNKNOWN = UUID(int=7)
DOORS = [
    ("GET", "integrations"),
    ("POST", "integrations"),
    ("GET", f"integrations/{UNKNOWN}"),
    ("PATCH", f"integrations/{UNKNOWN}"),
    ("DELETE", f"integrations/{UNKNOWN}"),
    ("POST", f"integrations/{UNKNOWN}/test"),
    ("GET", f"integrations/{UNKNOWN}/repositories"),
]


def told(answer):
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_a_stranger_is_told_no(stranger, method, path):
    assert send(client(), method, path, {}).status_code == 401


@pytest.mark.parametrize(("method", "path"), [each for each in DOORS if str(UNKNOWN) in each[1]])
def test_another_organisations_integration_is_nobodys(acme, globex, method, path):
    with acme.entered():
        theirs = connected()
    answer = globex.send(method, path.replace(str(UNKNOWN), str(theirs.pk)), {"name": "mine"})
    assert told(answer) == (404, "not_found")


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_only_admins_connect(acme, role):
    asker = acme.asker(role, Scope)
    given = {"name": "g", "provider": "github", "token": "x"}
    assert told(send(asker, "POST", "integrations", given)) == (403, "missing_role")


def test_a_provider_is_connected_and_tells_whose_the_token_is(acme, site):
    answer = connect(acme, site)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made == acme.client().get(answer["Location"]).json()
    assert made["account"] in ("ada", "ada@acme.dev")
    assert (made["health"], made["health_reason"]) == ("ok", "")
    assert [each["id"] for each in acme.get("integrations").json()["items"]] == [made["id"]]


def test_no_answer_log_row_or_audit_entry_has_the_token(acme, site, caplog):
    caplog.set_level("DEBUG")
    made = connect(acme, site).json()
    acme.send("POST", f"integrations/{made['id']}/test")
    answers = [acme.get("integrations"), acme.get(f"integrations/{made['id']}")]
    with acme.entered():
        rows = [*Integration.objects.values(), *Credential.objects.values()]
    entries = list(AuditEntry.objects.values())
    for text in (*(each.content.decode() for each in answers), caplog.text, rows, entries):
        assert TOKEN not in str(text)
    assert made["last_four"] == TOKEN[-4:]


def test_a_refused_token_is_not_stored(acme, site):
    site.peer.misbehave(faults.expired, times=9)
    answer = connect(acme, site)
    assert answer.status_code == 422
    assert "401" in answer.json()["detail"]
    assert TOKEN not in answer.content.decode()
    with acme.entered():
        assert not Integration.objects.exists()


def test_an_internal_address_is_refused_unless_the_operator_allows_it(acme, hub, settings):
    settings.PROVIDER_HOSTS = []
    answer = connect(acme, hub)
    assert answer.status_code == 422
    assert hub.peer.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1",
        "https://169.254.169.254",
        "https://[::1]",
        "https://[::ffff:10.0.0.1]",
        "https://10.0.0.1",
        "https://0.0.0.0",
        "https://user:pw@github.com",
        "http://github.com",
        "ftp://github.com",
        "https://",
        "nothing",
    ],
)
@pytest.mark.parametrize("provider", ["github", "gitlab", "jira"])
def test_no_address_inside_is_spoken_to(acme, provider, url):
    given = {"name": "g", "provider": provider, "url": url, "token": "x" * 20}
    assert acme.send("POST", "integrations", given).status_code == 422


def test_two_of_one_name_are_too_many(acme, hub):
    connect(acme, hub)
    assert told(connect(acme, hub)) == (409, "name_taken")


@pytest.mark.parametrize("token", ["", "two words", "ünicode", "line\nbreak"])
def test_what_is_no_token_is_not_sent(acme, hub, token):
    answer = connect(acme, hub, token=token)
    assert answer.status_code == 422
    assert hub.peer.seen == []


def test_a_token_that_is_good_no_more_says_connect_again(acme, hub):
    made = connect(acme, hub).json()
    hub.peer.misbehave(faults.expired, times=9)
    tested = acme.send("POST", f"integrations/{made['id']}/test").json()
    assert tested["health"] == "reconnect"
    assert "Connect again." in tested["health_reason"]


def test_a_new_token_makes_it_well(acme, hub):
    made = connect(acme, hub).json()
    hub.peer.misbehave(faults.expired, times=1)
    acme.send("POST", f"integrations/{made['id']}/test")
    new = {"token": "a-new-canary-5678"}
    changed = acme.send("PATCH", f"integrations/{made['id']}", new).json()
    assert (changed["health"], changed["last_four"]) == ("ok", "5678")
    assert hub.peer.seen[-1].headers["authorization"] == "Bearer a-new-canary-5678"


def test_a_token_that_ends_soon_says_so(acme, hub):
    ends = datetime.now(UTC) + timedelta(days=3, hours=1)
    header = {"github_authentication_token_expiration": f"{ends:%Y-%m-%d %H:%M:%S} UTC"}
    hub.peer.misbehave(lambda asked, told: told.with_headers(**header))
    made = connect(acme, hub, name="soon").json()
    assert made["health"] == "expiring"
    assert "in 3 days" in made["health_reason"]


def test_a_disconnected_provider_is_gone(acme, hub):
    made = connect(acme, hub).json()
    assert acme.send("DELETE", f"integrations/{made['id']}").status_code == 204
    assert acme.get(f"integrations/{made['id']}").status_code == 404
    with acme.entered():
        assert not Credential.objects.exists()


def test_nobody_disconnects_what_is_in_use(acme, hub):
    made = connect(acme, hub).json()
    config = {
        "name": "api",
        "provider": "github",
        "integration_id": made["id"],
        "targets": ["prs"],
        "sources": [SOURCES["github"]],
    }
    assert acme.send("POST", "sync-configs", config).status_code == 201
    answer = acme.send("DELETE", f"integrations/{made['id']}")
    assert told(answer) == (409, "integration_in_use")


def test_what_was_asked_once_is_connected_once(acme, hub):
    first, second = (
        acme.send("POST", "integrations", body(hub), Idempotency_Key="one") for _ in range(2)
    )
    assert second["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()


def test_a_credential_copied_to_another_row_opens_nothing(acme, hub):
    made = connect(acme, hub).json()
    with acme.entered():
        other = connected(url=hub.peer.url)
        sealed = Credential.objects.get(integration=made["id"]).sealed
        Credential.objects.filter(integration=other).update(sealed=sealed)
    answer = acme.send("POST", f"integrations/{other.pk}/test")
    assert answer.status_code == 422
    assert "cannot be opened" in answer.json()["detail"]


def test_one_without_a_credential_says_connect_again(acme, hub):
    """As it is after its organisation was restored from an archive."""
    made = connect(acme, hub).json()
    with acme.entered():
        Credential.objects.all().delete()
    shown = acme.get(f"integrations/{made['id']}").json()
    assert (shown["health"], shown["last_four"]) == ("reconnect", "")
    assert acme.send("POST", f"integrations/{made['id']}/test").status_code == 422
    changed = acme.send("PATCH", f"integrations/{made['id']}", {"token": "another-canary-99"})
    assert changed.json()["health"] == "ok"

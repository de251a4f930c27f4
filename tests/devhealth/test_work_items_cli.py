"""`dev-hops sync work-items --provider jira` as a person or a script meets it."""

import base64
import json
from uuid import uuid4

import pytest

from devhealth.sites import site
from tests.devhealth.remote_hops import TOKEN, jira
from tests.devhealth.test_cli import hops
from tests.provider.faults import answering, expired
from tests.provider.jira_things import raw_issue, raw_project

ABC = ("--project", "ABC")


@pytest.fixture
def board(tmp_path):
    with jira(tmp_path) as made:
        yield made


def authorization(board):
    return board.peer.seen[-1].headers["authorization"]


def test_issues_of_a_project_become_rows(board):
    told = board.told("work-items", *ABC)
    assert (told["repository"], told["repo_id"], told["fetched"]) == ("ABC", None, 2)
    assert told["work_scope_id"]
    assert told["dirty_days"] > 0


def test_issues_of_a_project_become_numbers(board):
    board.told("work-items", *ABC)
    day = board.shown("work_item_metrics_daily")["2026-03-02"]
    assert (day["items_created"], day["items_started"], day["items_completed"]) == (2, 1, 1)
    assert (day["provider"], day["cycle_hours_p50"], day["lead_hours_p50"]) == ("jira", 2, 4)


def test_another_organisation_goes_on_from_nothing(board):
    board.told("work-items", *ABC)
    assert board.told("work-items", *ABC, "--org", str(uuid4()))["since"] is None


def test_a_second_run_goes_on_from_the_first_and_finds_nothing_new(board):
    board.told("work-items", *ABC)
    again = board.told("work-items", *ABC)
    assert again["since"]
    assert (again["fetched"], again["written"], again["requests"]) == (0, 0, 2)
    assert again["dirty_days"] == 0


def test_a_person_reads_a_sentence(board):
    done = board.sync("work-items", *ABC)
    assert "ABC: no work items were fetched yet, so all that there are will be." in done.stderr
    assert "ABC: 2 work items," in done.stdout


def test_a_key_may_be_written_small(board):
    assert board.told("work-items", "--project", "abc")["fetched"] == 2


def test_all_projects_that_match_are_read(board):
    board.world.projects = [raw_project(), raw_project(id="2", key="ABX"), raw_project(key="Z")]
    done = board.sync("work-items", "--search", "AB*")
    assert done.exit_code == 0
    assert "ABC: 2 work items" in done.stdout
    assert "dev-hops: ABX: 127.0.0.1 answered 404" in done.stderr


def test_a_project_that_is_gone_is_an_error(board):
    done = board.sync("work-items", "--project", "NIX", "--json")
    assert done.exit_code == 2
    assert "404" in json.loads(done.stdout)["unreachable"]


def test_a_sweep_finds_what_is_gone(board):
    board.told("work-items", *ABC)
    del board.world.issues[1]
    assert board.told("work-items", *ABC, "--sweep")["written"] == 2


def test_days_in_between_move_nothing(board):
    board.world.issues.append(raw_issue(3, updated="2026-03-05T09:00:00.000+0000"))
    days = ("--since", "2026-03-05", "--before", "2026-03-06")
    assert board.told("work-items", *ABC, *days)["fetched"] == 1
    assert board.told("work-items", *ABC)["since"] is None


def test_a_token_goes_with_the_e_mail_it_is_of(board):
    board.told("work-items", *ABC)
    pair = base64.b64encode(f"ada@acme.dev:{TOKEN}".encode()).decode()
    assert authorization(board) == f"Basic {pair}"
    board.sync("work-items", *ABC, "--email", "bob@acme.dev")
    assert authorization(board) != f"Basic {pair}"


def test_without_an_e_mail_it_is_one_of_oauth(board):
    board.sync("work-items", *ABC, JIRA_EMAIL="")
    assert authorization(board) == f"Bearer {TOKEN}"


def test_a_token_is_nowhere_to_be_seen(board, tmp_path):
    seen = board.sync("work-items", *ABC)
    board.peer.misbehave(expired, times=9)
    refused = board.sync("work-items", *ABC)
    assert (seen.exit_code, refused.exit_code) == (0, 2)
    assert TOKEN not in seen.output + refused.output
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)


def test_a_run_that_failed_is_asked_for_again(board):
    board.peer.misbehave(answering(403), path="/rest/api/3/search/jql")
    assert board.sync("work-items", *ABC).exit_code == 2
    assert board.told("work-items", *ABC)["since"] is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "Say which: --project KEY"),
        (("--repo", "acme/api"), "jira has no repositories: say --project KEY"),
        (("--app-id", "7", "--app-key", "k", "--installation", "1"), "jira has no Apps"),
        ((*ABC, "--auth", "env:NOWHERE"), "There is no token in NOWHERE"),
    ],
)
def test_what_is_missing_is_said(board, more, said):
    done = board.sync("work-items", *more)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_cloud_id_leads_to_atlassians_own_host():
    made = site("jira", "https://acme.atlassian.net/jira/boards", is_private=False, cloud_id="c-1")
    assert made.api == "https://api.atlassian.com/ex/jira/c-1"
    assert (made.url, made.host) == ("https://acme.atlassian.net", "acme.atlassian.net")


def test_a_site_must_be_named(tmp_path):
    told = ("--provider", "jira", *ABC, "--db", f"sqlite:///{tmp_path / 'facts.db'}")
    done = hops("sync", "work-items", *told, JIRA_TOKEN=TOKEN)
    assert done.exit_code == 2
    assert "say --url https://NAME.atlassian.net" in done.stderr


def test_other_targets_know_no_jira(board):
    done = board.sync("prs", "--repo", "acme/api")
    assert done.exit_code == 2
    assert "'jira' is not one of" in done.stderr

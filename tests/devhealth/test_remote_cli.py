"""`dev-hops sync … --provider github|gitlab` as a person or a script meets it."""

import json
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from devhealth.clones import held
from devhealth.http import Spent
from devhealth.remote_runs import Reached
from devhealth.sync_target import Fetched
from tests.devhealth.remote_hops import TARGETS, TOKEN, github, gitlab
from tests.devhealth.test_cli import hops
from tests.provider import Told
from tests.provider.faults import answering, expired, moved
from tests.provider.github_things import pull, release

ONE = {"github": ("--repo", "acme/api"), "gitlab": ("--repo", "acme/web/api")}


@pytest.fixture
def hub(tmp_path):
    with github(tmp_path) as made:
        yield made


@pytest.fixture
def lab(tmp_path):
    with gitlab(tmp_path) as made:
        yield made


@pytest.fixture(params=["github", "gitlab"])
def each(request):
    return request.getfixturevalue({"github": "hub", "gitlab": "lab"}[request.param])


def of_one(provider, *targets):
    return {each: provider.told(each, *ONE[provider.provider]) for each in targets or TARGETS}


def named(*names):
    """Repositories of acme, as a search finds them."""
    told = {"isArchived": False, "isFork": False, "isDisabled": False}
    return [{"id": f"R_{name}", "nameWithOwner": f"acme/{name}", **told} for name in names]


def test_another_organisation_sees_no_day(hub):
    of_one(hub, "prs")
    hops("metrics", "daily", "--db", hub.db)
    of = ("--db", hub.db, "--org", uuid4(), "--since", "2026-03-01", "--json")
    assert json.loads(hops("metrics", "show", "repo_metrics_daily", *of).stdout) == []


def test_every_target_of_a_provider_becomes_numbers(each):
    told = of_one(each, "git", *TARGETS)
    things = {"github": [2, 2, 1, 1], "gitlab": [1, 1, 1, 1]}[each.provider]
    assert [told[target]["fetched"] for target in TARGETS] == things
    assert told["git"]["commits"] == 2
    assert len({one["repo_id"] for one in told.values()}) == 1
    day = {"github": "2026-03-03", "gitlab": "2026-03-02"}[each.provider]
    rows = each.shown("repo_metrics_daily")
    assert rows[day]["prs_merged"] == 1
    assert rows["2026-03-02"]["commits_count"] == 2
    assert each.shown("deploy_metrics_daily")[day]["deployments_count"] == 1


def test_a_second_run_goes_on_from_the_first_and_finds_nothing_new(each):
    of_one(each, "git", *TARGETS)
    again = of_one(each, "git", *TARGETS)
    assert {one.get("written", one.get("commits")) for one in again.values()} == {0}
    assert {one["dirty_days"] for one in again.values()} == {0}
    assert all(again[target]["since"] for target in TARGETS)
    assert max(again[target]["requests"] for target in TARGETS) <= 2


def test_the_first_run_says_that_it_takes_everything(hub):
    first, second = (hub.sync("prs", *ONE["github"]) for _ in range(2))
    said = "acme/api: no pull requests were fetched yet, so all that there are will be."
    assert said in first.stderr
    assert "were fetched yet" not in second.stderr
    assert "2 pull requests" in first.stdout
    assert "Next: dev-hops metrics daily" in first.stdout


def test_a_run_of_some_days_does_not_move_where_the_next_goes_on(hub):
    days = ("--since", "2026-03-03", "--before", "2026-03-04")
    assert hub.told("prs", *ONE["github"], *days)["fetched"] == 1
    assert hub.told("prs", *ONE["github"])["since"] is None


def test_a_run_that_leaves_a_gap_does_not_either(hub):
    first = hub.told("prs", *ONE["github"], "--since", "2026-03-01")
    assert first["fetched"] == 2
    marked = hub.told("prs", *ONE["github"])["since"]
    assert hub.told("prs", *ONE["github"], "--since", "2099-01-01")["fetched"] == 0
    assert marked <= hub.told("prs", *ONE["github"])["since"] < "2099"


def test_a_run_that_failed_is_asked_for_again(hub):
    hub.peer.misbehave(answering(403), path="/api/graphql")
    assert hub.sync("prs", *ONE["github"]).exit_code == 2
    assert hub.told("prs", *ONE["github"])["since"] is None


def test_one_that_is_gone_blocks_no_other_and_is_told_with_its_reason(hub):
    hub.world.repositories = named("abc", "api", "web")
    hub.peer.misbehave(answering(404), times=9, path="*/acme/abc")
    hub.peer.misbehave(answering(404), times=9, path="*/acme/web")
    done = hub.sync("prs", "--search", "acme/a*")
    assert done.exit_code == 0
    assert "acme/api: 2 pull requests" in done.stdout
    assert "dev-hops: acme/abc: 127.0.0.1 answered 404" in done.stderr
    assert "acme/web" not in done.stdout + done.stderr


def test_where_none_can_be_seen_scripts_are_told(hub):
    hub.world.repositories = named("abc")
    hub.peer.misbehave(answering(404), times=9, path="*/acme/abc")
    done = hub.sync("prs", "--search", "acme/*", "--json")
    assert done.exit_code == 2
    [told] = json.loads(done.stdout)
    assert "404" in told["unreachable"]


def test_a_pattern_that_nothing_matches_is_an_error(each):
    each.world.repositories, each.world.projects = [], {"acme": []}
    done = each.sync("prs", "--search", "acme/*")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Nothing matches acme/*" in done.stderr


def test_projects_of_a_group_are_found_with_its_subgroups(lab):
    lab.world.projects = {"acme": [lab.world.project]}
    [told] = lab.told("prs", "--search", "acme/*")
    assert (told["repository"], told["fetched"]) == ("acme/web/api", 1)


def test_a_refused_credential_ends_the_search_at_once(hub):
    hub.world.repositories = named("abc", "api")
    hub.peer.misbehave(expired, times=9, path="*/repos/*")
    done = hub.sync("prs", "--search", "acme/*")
    assert done.exit_code == 2
    assert "answered 401" in done.stderr
    assert not any(path.endswith("acme/api") for path in hub.peer.paths())


@pytest.mark.parametrize("target", ["git", "blame", "prs"])
def test_a_token_is_nowhere_to_be_seen(each, target, tmp_path):
    of_one(each, "git")
    seen = each.sync(target, *ONE[each.provider])
    each.peer.misbehave(expired, times=9)
    refused = each.sync(target, *ONE[each.provider])
    assert (seen.exit_code, refused.exit_code) == (0, 2)
    assert TOKEN not in seen.output + refused.output
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in path.read_bytes() for path in kept)


def test_a_token_on_the_command_line_works_with_a_warning(hub):
    done = hub.sync("prs", *ONE["github"], "--auth", TOKEN, GITHUB_TOKEN="")
    assert done.exit_code == 0
    assert "use --auth env:NAME or --auth file:PATH" in done.stderr


def test_a_token_may_lie_in_a_file_or_in_another_variable(hub, tmp_path):
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    for auth in ("env:MINE", f"file:{tmp_path / 'token'}"):
        done = hub.sync("git", *ONE["github"], "--auth", auth, GITHUB_TOKEN="", MINE=TOKEN)
        assert (done.exit_code, "command line" in done.stderr) == (0, False)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--auth", "env:NOWHERE"), "There is no token in NOWHERE"),
        (("--auth", "file:/nowhere"), "/nowhere cannot be read"),
        (("--auth", "two words"), "is no token"),
        (("--app-id", "7"), "needs --app-id, --app-key and --installation"),
        (("--repo", "api"), "--repo OWNER/NAME"),
    ],
)
def test_what_is_missing_is_said(hub, more, said):
    done = hub.sync("prs", *ONE["github"], *more)
    assert done.exit_code == 2
    assert said in done.stderr


def test_an_internal_host_must_be_allowed(hub):
    told = ("--provider", "github", "--url", hub.peer.url, *ONE["github"], "--db", hub.db)
    done = hops("sync", "prs", *told, **hub.environment)
    assert done.exit_code == 2
    assert "is asked over https only" in done.stderr
    assert hub.peer.seen == []


def test_no_clone_is_fetched_from_another_host(hub):
    hub.world.body["clone_url"] = "https://elsewhere.example/acme/api.git"
    done = hub.sync("git", *ONE["github"])
    assert done.exit_code == 2
    assert "names another host" in done.stderr
    assert hub.git.asked == []


def test_an_empty_repository_says_so(hub):
    hub.world.body["default_branch"] = None
    assert "is empty: push to it" in hub.sync("git", *ONE["github"]).stderr


def test_blame_reads_the_clone_that_git_made(each):
    of_one(each, "git")
    told = of_one(each, "blame")["blame"]
    assert (told["files"], told["lines"]) == (1, 2)


def test_a_renamed_repository_stays_the_same_under_its_new_name(hub):
    before = of_one(hub, "prs")["prs"]
    hub.world.body |= {"full_name": "acme/lamp", "html_url": f"{hub.peer.url}/acme/lamp"}
    hub.peer.misbehave(moved("/api/v3/repos/acme/lamp"), times=9, path="*/repos/acme/api")
    after, again = (of_one(hub, "prs")["prs"] for _ in range(2))
    assert (after["repository"], after["repo_id"]) == ("acme/lamp", before["repo_id"])
    assert (after["is_renamed"], again["is_renamed"]) == (True, False)


def test_a_sweep_finds_what_is_gone(hub):
    of_one(hub, "prs")
    hub.world.pulls = hub.world.pulls[:1]
    assert hub.told("prs", *ONE["github"], "--sweep")["written"] == 1


def test_releases_that_were_fetched_once_are_kept_up_to_date(hub):
    hub.world.releases = [release()]
    hub.told("deployments", *ONE["github"], "--releases")
    hub.world.releases.append(release("v2.0", on="2099-01-02 09:00"))
    assert hub.told("deployments", *ONE["github"])["fetched"] == 1


def test_releases_are_fetched_where_they_are_asked_for(hub):
    hub.world.releases = [release()]
    assert hub.told("deployments", *ONE["github"])["fetched"] == 1
    days = ("--since", "2026-03-01", "--releases")
    assert hub.told("deployments", *ONE["github"], *days)["fetched"] == 2


def test_owner_and_name_may_be_told_apart(hub):
    told = hub.told("prs", "--owner", "acme", "--repo", "api")
    assert told["repository"] == "acme/api"


def test_a_run_in_progress_is_looked_for_again_however_old_it_is(hub):
    hub.world.runs[0] |= {"status": "in_progress", "conclusion": None}
    of_one(hub, "cicd")
    hub.world.runs[0] |= {"status": "completed", "conclusion": "success"}
    assert of_one(hub, "cicd")["cicd"]["written"] == 1


def test_a_clone_on_this_disk_needs_its_path(tmp_path):
    done = hops("sync", "git", "--db", f"sqlite:///{tmp_path / 'facts.db'}")
    assert done.exit_code == 2
    assert "--repo-path PATH" in done.stderr


def test_what_is_new_is_all_that_a_later_run_writes(hub):
    of_one(hub, "prs")
    today = "2099-01-01T00:00:00Z"
    hub.world.pulls.append(pull(9, createdAt=today, updatedAt=today))
    told = of_one(hub, "prs")["prs"]
    assert (told["fetched"], told["written"]) == (1, 1)


def test_an_app_asks_and_clones_with_the_token_of_its_installation(hub, tmp_path):
    token = {"token": "ghs_of_an_hour", "expires_at": "2099-01-01T00:00:00Z"}
    path = "/api/v3/app/installations/7/access_tokens"
    hub.peer.route("POST", path, lambda asked: Told(status=201, json=token))
    hub.git.credential = "x-access-token:ghs_of_an_hour"
    (tmp_path / "app.pem").write_bytes(a_key())
    app = ("--app-id", "Iv1.8a61", "--app-key", tmp_path / "app.pem", "--installation", 7)
    done = hub.sync("git", *ONE["github"], *app, GITHUB_TOKEN="")
    assert (done.exit_code, "ghs_of_an_hour" in done.output) == (0, False)
    assert hub.peer.seen[-1].headers["authorization"] == "Bearer ghs_of_an_hour"


def a_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def test_a_clone_that_another_process_works_in_is_left_alone(hub):
    repo_id = UUID(of_one(hub, "git")["git"]["repo_id"])
    with held(repo_id, Path(hub.environment["DEVHEALTH_GIT_CACHE"])):
        done = hub.sync("git", *ONE["github"])
    assert done.exit_code == 2
    assert "Another process has its clone" in done.stderr


def test_the_bar_counts_things_of_all_repositories_and_what_was_asked_for_them():
    moves, client = [], SimpleNamespace(spent=Spent(requests=3, cost=40))
    reach = reached(client, lambda *move: moves.append(move))
    reach.watch("acme/api", "fetched").progress(Fetched("prs", fetched=500))
    client.spent.requests = 4
    reach.watch("acme/web", "fetched").progress(Fetched("prs", fetched=1_000))
    client.spent.requests = 5
    reach.shown()
    assert moves == [
        (500, 0, "acme/api: 500 things; 3 requests, 40 quota"),
        (1_500, 0, "acme/web: 1,000 things; 4 requests, 40 quota"),
        (1_500, 0, "acme/web: 1,000 things; 5 requests, 40 quota"),
    ]


def reached(client, move):
    unused = dict.fromkeys(("asked", "site", "credential", "store", "org", "directory"))
    return Reached(**unused, client=client, batch_size=1, move=move)

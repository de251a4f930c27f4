"""`dev-hops` against a provider of one's own on 127.0.0.1, with git beside it."""

import json
from contextlib import contextmanager

from tests.devhealth.test_cli import hops
from tests.git_server import serving
from tests.provider import Peer
from tests.provider.github import Hub
from tests.provider.github_things import (
    comment,
    commit,
    deployment,
    issue,
    merged,
    pull,
    repository,
    review,
    run,
    status,
)
from tests.provider.gitlab import Lab
from tests.provider.gitlab_things import (
    BOB,
    EVE,
    at,
    raw_commit,
    raw_deployment,
    raw_event,
    raw_issue,
    raw_merge_request,
    raw_note,
    raw_pipeline,
    raw_project,
)
from tests.provider.jira import Board
from tests.provider.jira_things import (
    DOING,
    DONE,
    TO_DO,
    moved,
    raw_history,
    resolved,
)
from tests.provider.jira_things import raw_issue as raw_work_item
from tests.repositories import Work, make

TARGETS = ("prs", "cicd", "deployments", "incidents")
MARCH = 1_772_409_600  # 2026-03-02T00:00:00Z
WORKS = (Work({"a.py": "one\n"}, at=MARCH), Work({"a.py": "one\ntwo\n"}, at=MARCH + 3_600))
TOKEN = "s3cr3t-of-ada"


class Enterprise:
    """A peer whose GitHub lies where an Enterprise has it."""

    def __init__(self, peer):
        self.peer = peer

    def route(self, method, pattern, handler, resource="core"):
        below = "/api" if pattern == "/graphql" else "/api/v3"
        self.peer.route(method, below + pattern, handler, resource)


class Hops:
    """One provider, one store. `auth` is where the token of GitHub or GitLab lies."""

    def __init__(self, provider, world, peer, git, folder):
        self.provider, self.world, self.peer, self.git = provider, world, peer, git
        self.db = f"sqlite:///{folder / 'facts.db'}"
        self.environment = {
            "GITHUB_TOKEN": TOKEN,
            "GITLAB_TOKEN": TOKEN,
            "JIRA_TOKEN": TOKEN,
            "JIRA_EMAIL": "ada@acme.dev",
            "DEVHEALTH_GIT_CACHE": str(folder / "clones"),
        }

    def sync(self, target, *more, **environment):
        """As a person sees it."""
        told = ("--provider", self.provider, "--url", self.peer.url, "--allow-private", *more)
        return hops("sync", target, *told, "--db", self.db, **(self.environment | environment))

    def told(self, target, *more):
        """As a script does."""
        return json.loads(self.sync(target, *more, "--json").stdout)

    def shown(self, table):
        hops("metrics", "daily", "--db", self.db)
        days = ("--since", "2026-03-01", "--before", "2026-04-01")
        shown = hops("metrics", "show", table, "--db", self.db, "--json", *days)
        return {row["day"]: row for row in json.loads(shown.stdout)}


@contextmanager
def github(folder):
    """acme/api: #7 of Ada, opened on 2 March, approved by Grace, merged on the third."""
    pulls = [
        merged(reviews=[review()], comments=[comment()], commits=[commit()]),
        pull(8, createdAt="2026-03-04T09:00:00Z", updatedAt="2026-03-04T09:00:00Z"),
    ]
    hub = Hub(
        pulls=pulls,
        deployments=[deployment(statuses=[status("SUCCESS", "2026-03-03 10:05")])],
        issues=[issue()],
        runs=[run(1), run(2, on="2026-03-03 08:00", conclusion="failure")],
    )
    with _started("github", hub, folder, "acme/api", "x-access-token") as made:
        hub.serve(Enterprise(made.peer))
        site = {"html_url": f"{made.peer.url}/acme/api"}
        hub.body = repository(**site, clone_url=f"{made.git.url}/acme/api.git")
        yield made


@contextmanager
def gitlab(folder):
    """acme/web/api: !7 of Ada, opened at 9, approved by Eve at 11, merged at 12 of 2 March."""
    notes = [
        raw_note(1, BOB, "Why?", at(10), type="DiffNote", resolvable=True),
        raw_event(2, EVE, "approved this merge request", at(11)),
    ]
    lab = Lab(
        merge_requests=[raw_merge_request(notes=notes, commits=[raw_commit(1, at(7))])],
        pipelines=[raw_pipeline()],
        deployments=[raw_deployment()],
        issues=[raw_issue()],
    )
    with _started("gitlab", lab, folder, "acme/web/api", "oauth2") as made:
        lab.serve(made.peer)
        clone = f"{made.git.url}/acme/web/api.git"
        lab.project = raw_project(web_url=f"{made.peer.url}/acme/web/api", http_url_to_repo=clone)
        yield made


@contextmanager
def jira(folder):
    """ABC-1, begun at 11 and done at 13 of 2 March, and ABC-2, which is open."""
    done = raw_work_item(
        status=DONE,
        resolution={"name": "Done"},
        histories=[
            raw_history(1, at(11), moved(TO_DO, DOING)),
            raw_history(2, at(13), moved(DOING, DONE), resolved("Done")),
        ],
    )
    board = Board(issues=[done, raw_work_item(2)])
    with Peer(style="gitlab") as peer:
        board.serve(peer)
        yield Hops("jira", board, peer, None, folder)


@contextmanager
def _started(provider, world, folder, full_name, user):
    make(folder / "served" / f"{full_name}.git", *WORKS)
    with Peer(style=provider) as peer, serving(folder / "served") as git:
        git.credential = f"{user}:{TOKEN}"
        yield Hops(provider, world, peer, git, folder)

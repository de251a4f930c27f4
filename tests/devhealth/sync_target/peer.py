"""GitHub as its connector would tell it: one repository, whose things change while days pass.

What is told is in GitHub's own shape and goes through the real processor; only the network and the
paging are made up. Pages are of two things, the oldest change first, as incremental lists are.
"""

from collections.abc import AsyncGenerator, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from devhealth.http.spent import Spent

Raw = dict[str, Any]

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
TARGETS = ("prs", "cicd", "deployments", "incidents")
IDENTITIES = {
    "prs": ("id", "number"),
    "cicd": ("id",),
    "deployments": ("__typename", "id"),
    "incidents": ("id", "fullDatabaseId"),
}


def day(days: float) -> datetime:
    """So many days after 1 January 2026, noon."""
    return BEGIN + timedelta(days=days)


def text(days: float) -> str:
    return day(days).isoformat().replace("+00:00", "Z")


@dataclass
class Page:
    items: list[Any]


@dataclass
class Peer:
    """`things`: by target and id, each with the day on which it last changed."""

    name = "github"
    targets = TARGETS
    host = "github.com"

    native_id: int = 1
    full_name: str = "acme/api"
    is_archived: bool = False
    is_fork: bool = False
    things: dict[str, dict[Any, tuple[float, Raw]]] = field(
        default_factory=lambda: {target: {} for target in TARGETS}
    )
    size: int = 2
    spent: Spent = field(default_factory=Spent)
    refuses: dict[tuple[str, int], Exception] = field(default_factory=dict)
    """What is raised instead of an answer, by what is asked for and its page from 1."""
    asked: list[str] = field(default_factory=list)
    unfinished: dict[str, Any] = field(default_factory=dict)
    vanished: dict[str, list[str]] = field(default_factory=dict)

    def tell(self, target: str, known_by: Any, changed: float, raw: Raw) -> None:
        self.things[target][known_by] = (changed, raw)

    async def repository(self) -> Raw:
        self._ask("repository", 1)
        return {
            "id": self.native_id,
            "full_name": self.full_name,
            "html_url": f"https://github.com/{self.full_name}",
            "default_branch": "main",
            "fork": self.is_fork,
            "archived": self.is_archived,
            "created_at": text(-100),
        }

    def prs(self, since: Any, before: Any) -> AsyncGenerator[Page, None]:
        return self._pages("prs", self.listed("prs", since, before))

    def cicd(self, since: Any, before: Any) -> AsyncGenerator[Page, None]:
        return self._pages("cicd", self.listed("cicd", since, before))

    def deployments(self, since: Any, before: Any) -> AsyncGenerator[Page, None]:
        return self._pages("deployments", self.listed("deployments", since, before))

    def incidents(self, since: Any, before: Any) -> AsyncGenerator[Page, None]:
        return self._pages("incidents", self.listed("incidents", since, before))

    def named(self, target: str, names: Sequence[str]) -> AsyncGenerator[Page, None]:
        there = {str(known_by): raw for known_by, (_, raw) in self.things[target].items()}
        self.vanished[target] = [each for each in names if each not in there]
        return self._pages(f"named {target}", [there[each] for each in names if each in there])

    def ids(self, target: str) -> AsyncGenerator[Page, None]:
        names = IDENTITIES[target]
        listed = [{name: raw[name] for name in names if name in raw} for raw in self._raws(target)]
        return self._pages(f"ids of {target}", listed)

    def listed(self, target: str, since: datetime | None, before: datetime | None) -> list[Raw]:
        changed = sorted(self.things[target].items(), key=lambda each: each[1][0])
        asked = set(self.unfinished.get(target, ()))
        if target in ("cicd", "deployments"):
            self.vanished[target] = sorted(asked - {str(each) for each, _ in changed})
        return [
            raw
            for known_by, (days, raw) in changed
            if ((since is None or since <= day(days)) and (before is None or day(days) < before))
            or str(known_by) in asked
        ]

    def _raws(self, target: str) -> Iterator[Raw]:
        return (raw for _, raw in self.things[target].values())

    async def _pages(self, what: str, listed: list[Raw]) -> AsyncGenerator[Page, None]:
        for number, start in enumerate(range(0, max(len(listed), 1), self.size), 1):
            self._ask(what, number)
            yield Page(deepcopy(listed[start : start + self.size]))

    def _ask(self, what: str, page: int) -> None:
        self.asked.append(what)
        self.spent.requests += 1
        self.spent.cost += 1
        if error := self.refuses.get((what, page)):
            raise error


# --- things in GitHub's words --------------------------------------------------------------------


def nodes(*listed: Raw) -> Raw:
    return {"totalCount": len(listed), "nodes": list(listed)}


def who(login: str | None) -> Raw | None:
    return {"__typename": "User", "login": login, "name": login.title()} if login else None


def review(number: int, login: str, days: float, state: str = "APPROVED") -> Raw:
    return {
        "__typename": "PullRequestReview",
        "id": f"R{number}",
        "fullDatabaseId": number,
        "state": state,
        "submittedAt": text(days),
        "author": who(login),
        "comments": nodes(),
    }


def comment(number: int, login: str, days: float) -> Raw:
    return {"fullDatabaseId": number, "createdAt": text(days), "author": who(login)}


def pull_request(
    number: int,
    opened: float,
    changed: float,
    *,
    merged: float | None = None,
    reviews: tuple[Raw, ...] = (),
    comments: tuple[Raw, ...] = (),
    hashes: tuple[str, ...] = ("a",),
    title: str = "One",
) -> Raw:
    ended = None if merged is None else text(merged)
    commits = [
        {
            "oid": each * 40,
            "message": "One",
            "authoredDate": text(opened - 1),
            "author": {"name": "Ada", "email": "ada@acme.dev"},
        }
        for each in hashes
    ]
    return {
        "__typename": "PullRequest",
        "id": f"P{number}",
        "number": number,
        "title": title,
        "url": f"https://github.com/acme/api/pull/{number}",
        "state": "OPEN" if merged is None else "MERGED",
        "isDraft": False,
        "body": "",
        "createdAt": text(opened),
        "updatedAt": text(changed),
        "mergedAt": ended,
        "closedAt": ended,
        "baseRefName": "main",
        "headRefName": "one",
        "additions": 10,
        "deletions": 2,
        "changedFiles": 1,
        "mergeCommit": None if merged is None else {"oid": "f" * 40},
        "author": who("ada"),
        "labels": nodes(),
        "reviews": nodes(*reviews),
        "comments": nodes(*comments),
        "commits": nodes(*({"commit": each} for each in commits)),
        "timelineItems": nodes(),
    }


def run(number: int, began: float, *, attempt: int = 1, conclusion: str = "success") -> Raw:
    return {
        "id": number,
        "name": "tests",
        "head_branch": "main",
        "head_sha": "a" * 40,
        "event": "push",
        "status": "completed",
        "conclusion": conclusion,
        "run_attempt": attempt,
        "created_at": text(began),
        "run_started_at": text(began),
        "updated_at": text(began + 0.01),
        "html_url": f"https://github.com/acme/api/actions/runs/{number}",
    }


def deployment(name: str, at: float, *, state: str = "SUCCESS") -> Raw:
    return {
        "__typename": "Deployment",
        "id": name,
        "environment": "production",
        "createdAt": text(at),
        "updatedAt": text(at + 0.01),
        "commitOid": "a" * 40,
        "ref": {"name": "main"},
        "statuses": nodes(
            {"id": f"S{name}", "state": state, "createdAt": text(at + 0.01), "logUrl": ""}
        ),
    }


def issue(number: int, at: float, *, closed: float | None = None) -> Raw:
    return {
        "__typename": "Issue",
        "id": f"I{number}",
        "fullDatabaseId": number,
        "number": number,
        "title": "It is down",
        "url": f"https://github.com/acme/api/issues/{number}",
        "state": "OPEN" if closed is None else "CLOSED",
        "createdAt": text(at),
        "updatedAt": text(closed or at),
        "closedAt": None if closed is None else text(closed),
        "labels": nodes({"name": "incident"}),
    }


def furnished() -> Peer:
    """Three of everything, and a pull request with people around it."""
    peer = Peer()
    said = (comment(1, "bob", 1.5), comment(2, "ada", 1.6))
    seen = (review(1, "bob", 2), review(2, "eve", 2.5, "COMMENTED"))
    peer.tell("prs", 1, 3, pull_request(1, 1, 3, merged=3, reviews=seen, comments=said))
    peer.tell("prs", 2, 4, pull_request(2, 2, 4, hashes=("b", "c")))
    peer.tell("prs", 3, 9, pull_request(3, 5, 9, reviews=(review(3, "bob", 8),), hashes=("d",)))
    for number in (1, 2, 3):
        failed = "failure" if number == 1 else "success"
        peer.tell("cicd", number, number * 2, run(number, number * 2, conclusion=failed))
        peer.tell("deployments", f"D{number}", number * 3, deployment(f"D{number}", number * 3))
        closed = number * 3 + 1 if number < 3 else None
        raw = issue(number, number * 3 + 0.5, closed=closed)
        peer.tell("incidents", number, closed or number * 3 + 0.5, raw)
    return peer

"""Pull requests without number, told by rote: a text with the number put in, no engine behind it.

Each has two reviews, a comment and two commits. They are the only things that there are.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.provider import Asked, Peer, Told
from tests.provider import github_things as hub
from tests.provider import gitlab_things as lab

FROM = 10_000  # things from which on a world is told by rote
NUMBER = 77_777_777  # stands for the number in the text
FIRST = 10_000_000
START = datetime(2020, 1, 1, tzinfo=UTC)
MARK = "2099-09-09T09:09:09Z"  # stands for the instant


def serve(peer: Peer, provider: str, count: int) -> None:
    (_github if provider == "github" else _gitlab)(peer, count)


def _github(peer: Peer, count: int) -> None:
    node = json.dumps(hub.nodes(_pull()))

    def page(asked: Asked) -> Told:
        variables = asked.json["variables"]
        start = int(variables["after"] or 0)
        end = min(start + variables["first"], count)
        nodes = ",".join(_told(node, count - at) for at in range(start, end))
        info = json.dumps({"hasNextPage": end < count, "endCursor": str(end)})
        listed = f'{{"totalCount": {count}, "pageInfo": {info}, "nodes": [{nodes}]}}'
        return Told(body=f'{{"data": {{"repository": {{"pullRequests": {listed}}}}}}}'.encode())

    peer.route("POST", "/graphql", page, "graphql")
    peer.route("GET", "/repos/{owner}/{name}", lambda asked: hub.repository())


def _gitlab(peer: Peer, count: int) -> None:
    raw = _merge_request()
    listed = json.dumps({key: raw[key] for key in raw if key not in ("notes", "commits")})
    node = json.dumps(lab.with_details(raw)["details"])

    def page(asked: Asked) -> Told:
        start = _number(asked.query.get("updated_after"))
        end = min(start + int(asked.query["per_page"]), count + 1)
        text = ",".join(_told(listed, at) for at in range(start, end))
        following = "" if end > count else "2"
        return Told(body=f"[{text}]".encode(), headers={"X-Next-Page": following})

    def details(asked: Asked) -> Told:
        nodes = ",".join(_told(node, int(iid) - FIRST) for iid in asked.json["variables"]["iids"])
        connection = f'{{"pageInfo": {{"hasNextPage": false}}, "nodes": [{nodes}]}}'
        version = '"metadata": {"version": "17.4.1-ee"}'
        project = f'"project": {{"mergeRequests": {connection}}}'
        return Told(body=f'{{"data": {{{version}, {project}}}}}'.encode())

    peer.route("POST", "/api/graphql", details)
    peer.route("GET", "/api/v4/projects/{project}", lambda asked: lab.raw_project())
    peer.route("GET", "/api/v4/projects/{project}/merge_requests", page)


def _pull() -> dict[str, Any]:
    who = ("grace", "lin")
    pull: dict[str, Any] = hub.merged(
        NUMBER,
        updatedAt=MARK,
        reviews=[hub.review(f"{NUMBER}{i}", who=each) for i, each in enumerate(who)],
        comments=[hub.comment(f"{NUMBER}5")],
        commits=[hub.commit(f"{NUMBER:039}{i}") for i in range(2)],
    )
    return pull


def _merge_request() -> dict[str, Any]:
    notes = [
        lab.raw_note(int(f"{NUMBER}1"), lab.BOB, "Why?", lab.at(10), type="DiffNote"),
        lab.raw_event(int(f"{NUMBER}2"), lab.EVE, "approved this merge request", lab.at(11)),
        lab.raw_note(int(f"{NUMBER}3"), lab.BOB, "So.", lab.at(11)),
    ]
    commits = [lab.raw_commit(0, lab.at(7), id=f"{NUMBER:039}{i}") for i in range(2)]
    raw: dict[str, Any] = lab.raw_merge_request(
        id=NUMBER, iid=NUMBER, updated_at=MARK, notes=notes, commits=commits
    )
    return raw


def _told(text: str, number: int) -> str:
    """Of as many digits, so that hashes keep their length."""
    when = (START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return text.replace(f'"{MARK}"', f'"{when}"').replace(str(NUMBER), str(FIRST + number))


def _number(updated_after: str | None) -> int:
    """Of the first that is told: from 1 on."""
    if not updated_after:
        return 1
    return max(1, int((datetime.fromisoformat(updated_after) - START).total_seconds()))

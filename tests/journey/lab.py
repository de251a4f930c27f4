"""A GitLab on 127.0.0.1 whose history ends today, and the OAuth server before it.

What is allowed and exchanged is the business of `oidc-provider-mock`, which runs beside it: here
its addresses are GitLab's, and a token opens what that server says it opens.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from tests import git_server
from tests.git_server import GitServer
from tests.provider import Peer
from tests.provider.exchange import Asked, Told
from tests.provider.gitlab import Lab
from tests.provider.gitlab_things import (
    BOB,
    EVE,
    raw_commit,
    raw_deployment,
    raw_event,
    raw_issue,
    raw_merge_request,
    raw_note,
    raw_pipeline,
    raw_project,
    text,
)
from tests.repositories import Work, make

TOOLS = Path(__file__).parents[2] / ".devhealth" / "journey"
PYTHON = TOOLS / "bin" / "python"
DAYS = 80
GROUP, NAME = "moonbase", "lander"
SCOPES = "read_api read_repository"
SECONDS_TO_START = 30


@dataclass
class Moonbase:
    """Where GitLab is, and the app that is registered there."""

    peer: Peer
    git: GitServer
    login: str
    client_id: str
    client_secret: str
    lab: Lab

    def merge(self) -> dict[str, Any]:
        """One more merge request is merged there; what GitLab tells of it."""
        self.lab.merge_requests.append(_merge_request(3))
        return {
            "object_kind": "merge_request",
            "object_attributes": {"iid": self.lab.merge_requests[-1]["iid"], "action": "merge"},
            "project": {"path_with_namespace": f"{GROUP}/{NAME}", "default_branch": "main"},
        }

    def app(self) -> dict[str, str]:
        """As `PROVIDER_APPS` has it."""
        return {
            "url": self.peer.url,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }


@contextmanager
def moonbase(folder: Path, callback: str) -> Iterator[Moonbase]:
    """`callback`: where people are led back to, as it is registered."""
    make(folder / "served" / GROUP / f"{NAME}.git", *map(_work, range(DAYS, -1, -1)))
    with (
        _oauth() as login,
        Peer(style="gitlab") as peer,
        git_server.serving(folder / "served") as git,
    ):
        client = httpx.post(
            f"{login}/oauth2/clients",
            json={
                "redirect_uris": [callback],
                "scope": SCOPES,
                "token_endpoint_auth_method": "client_secret_post",
            },
            trust_env=False,
        ).json()
        known = client["client_id"], client["client_secret"]
        found = Moonbase(peer, git, login, *known, lab=_lab(peer.url, git.url))
        _route(found)
        yield found


def _lab(site: str, git: str) -> Lab:
    return Lab(
        project=raw_project(
            path_with_namespace=f"{GROUP}/{NAME}",
            web_url=f"{site}/{GROUP}/{NAME}",
            http_url_to_repo=f"{git}/{GROUP}/{NAME}.git",
            last_activity_at=text(_ago(0)),
        ),
        merge_requests=[_merge_request(back) for back in range(DAYS, -1, -2)],
        pipelines=[_pipeline(back) for back in range(DAYS, -1, -1)],
        deployments=[_deployment(back) for back in range(DAYS, -1, -4)],
        issues=[_issue(back) for back in range(DAYS, -1, -9)],
    )


def _route(base: Moonbase) -> None:
    peer = base.peer
    others = [
        raw_project(id=number, path_with_namespace=f"{GROUP}/{name}", **more)
        for number, (name, more) in enumerate(
            [("rover", {}), ("old-rocket", {"archived": True}), ("suit", {})], start=71
        )
    ]
    base.lab.serve(peer)
    peer.route("GET", "/oauth/authorize", lambda asked: _authorize(base, asked))
    peer.route("POST", "/oauth/token", lambda asked: _token(base, asked))
    peer.route("POST", "/oauth/revoke", lambda asked: {})
    peer.route("GET", "/api/v4/user", lambda asked: _user(base, asked))
    peer.route("GET", "/api/v4/projects", lambda asked: [base.lab.project, *others])


# --- by the OAuth server -------------------------------------------------------------------------


@contextmanager
def _oauth() -> Iterator[str]:
    """Its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [PYTHON, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    environment = {**os.environ, "AUTHLIB_INSECURE_TRANSPORT": "1"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://localhost:{port}"
            _wait_for(address)
            yield address
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        try:
            httpx.get(address, trust_env=False).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("The OAuth server did not start.")


def _authorize(base: Moonbase, asked: Asked) -> Told:
    there = f"{base.login}/oauth2/authorize?{urlencode(asked.query)}"
    return Told(status=302, headers={"Location": there})


def _token(base: Moonbase, asked: Asked) -> Told:
    answer = httpx.post(f"{base.login}/oauth2/token", data=asked.json, trust_env=False)
    told = answer.json()
    if answer.is_success:  # git clones by it, too
        base.git.credential = f"oauth2:{told['access_token']}"
    return Told(status=answer.status_code, json=told)


def _user(base: Moonbase, asked: Asked) -> Told:
    headers = {"Authorization": asked.headers.get("authorization", "")}
    answer = httpx.get(f"{base.login}/userinfo", headers=headers, trust_env=False)
    if not answer.is_success:
        return Told(status=401, json={"message": "401 Unauthorized"})
    return Told(json={"username": answer.json()["sub"]})


# --- a history of so many days, the same every day ----------------------------------------------


def _ago(days: int, hours: float = 0) -> datetime:
    """That long before the last full hour."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return now - timedelta(days=days, hours=hours)


def _work(back: int) -> Work:
    lines = "".join(f"burn {number}\n" for number in range(DAYS - back + 1))
    return Work(
        {f"stage{back % 7}.py": lines}, message=f"Burn {back}", at=int(_ago(back, 1).timestamp())
    )


def _merge_request(back: int) -> Any:
    """Opened in the morning of a day, answered hours later, merged a day after."""
    number, hours = 1 + DAYS - back, 3 + back % 5
    opened = _ago(back, 30)
    notes = [
        raw_note(
            10 * number,
            BOB,
            "Why?",
            opened + timedelta(hours=hours),
            type="DiffNote",
            resolvable=True,
        ),
        raw_event(
            10 * number + 1, EVE, "approved this merge request", opened + timedelta(hours=hours + 4)
        ),
    ]
    merged = opened + timedelta(hours=hours + 10)
    return raw_merge_request(
        id=900 + number,
        iid=number,
        title=f"Burn {back}",
        created_at=text(opened),
        updated_at=text(merged),
        merged_at=text(merged),
        sha=f"{number:040x}",
        notes=notes,
        commits=[raw_commit(number, opened - timedelta(hours=2))],
    )


def _pipeline(back: int) -> Any:
    began = _ago(back, 2)
    return raw_pipeline(
        id=500 + back,
        sha=f"{back:040x}",
        status="failed" if back % 6 == 5 else "success",
        created_at=text(began),
        updated_at=text(began + timedelta(minutes=20)),
        started_at=text(began + timedelta(minutes=1)),
        finished_at=text(began + timedelta(minutes=15)),
    )


def _deployment(back: int) -> Any:
    ended = _ago(back, 1)
    number = DAYS - back
    return raw_deployment(
        id=4000 + number,
        iid=1 + number,
        sha=f"{back:040x}",
        created_at=text(ended - timedelta(minutes=20)),
        updated_at=text(ended),
        deployable={
            "id": 8000 + number,
            "started_at": text(ended - timedelta(minutes=15)),
            "finished_at": text(ended),
            "web_url": "",
        },
    )


def _issue(back: int) -> Any:
    began = _ago(back, 5)
    return raw_issue(
        id=3000 + back,
        iid=100 + back,
        title=f"No thrust {back}",
        created_at=text(began),
        updated_at=text(began + timedelta(hours=2)),
        closed_at=text(began + timedelta(hours=2)),
    )

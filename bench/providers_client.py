"""How the bench asks its provider: the real client and connectors; the peer is another process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

from devhealth.connectors import Remote, gitlab
from devhealth.connectors.github import HEADERS, GitHub
from devhealth.http import Bearer, Client, Guard

HERE = Guard(allowed=("127.0.0.1",))


@dataclass(frozen=True, slots=True)
class PeerProcess:
    url: str
    process: "subprocess.Popen[str]"

    def seen(self) -> tuple[int, int]:
        """Requests by now, and how many of them were violations."""
        into, out = cast("IO[str]", self.process.stdin), cast("IO[str]", self.process.stdout)
        into.write("\n")
        into.flush()
        requests, violations = json.loads(out.readline())
        return requests, violations


@contextmanager
def peer(provider: str, count: int, *limit: int) -> Iterator[PeerProcess]:
    command = [sys.executable, "-m", "bench.providers_peer", provider, str(count)]
    with subprocess.Popen(
        [*command, *map(str, limit)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = cast("IO[str]", process.stdout).readline().strip()
            yield PeerProcess(url, process)
        finally:
            process.terminate()


def opened(provider: str, url: str, **options: Any) -> Client:
    base = url if provider == "github" else gitlab.api_of(url)
    headers = HEADERS if provider == "github" else None
    return Client(base, auth=Bearer("bench"), guard=HERE, headers=headers, **options)


def connector_of(provider: str, client: Client) -> Remote:
    if provider == "github":
        return GitHub(client, "acme/api")
    return gitlab.GitLab(client, "acme/web/api")

"""The server: a part of the description, and a process of Node that answers by it."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(os.environ.get("PEER_GITHUB", ".devhealth/peer-github")).resolve() / "node_modules"
DESCRIPTION = HERE / "@octokit/openapi/generated/api.github.com.json"
REPOSITORY = "/repos/{owner}/{repo}"
PATHS = (
    REPOSITORY,
    f"{REPOSITORY}/actions/runs",
    f"{REPOSITORY}/actions/runs/{{run_id}}",
    f"{REPOSITORY}/actions/runs/{{run_id}}/attempts/{{attempt_number}}",
    f"{REPOSITORY}/deployments/{{deployment_id}}",
    f"{REPOSITORY}/deployments/{{deployment_id}}/statuses",
    f"{REPOSITORY}/issues/{{issue_number}}",
    f"{REPOSITORY}/issues/{{issue_number}}/comments",
    f"{REPOSITORY}/pulls/{{pull_number}}",
    f"{REPOSITORY}/pulls/{{pull_number}}/commits",
    f"{REPOSITORY}/pulls/{{pull_number}}/reviews",
    f"{REPOSITORY}/releases/{{release_id}}",
    "/app/installations/{installation_id}/access_tokens",
)

_REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')


def described() -> dict[str, Any]:
    """What these paths need of the description, which is too large to begin with soon."""
    whole = json.loads(DESCRIPTION.read_text("utf-8"))
    wanted: dict[str, Any] = {}
    paths = {path: whole["paths"][path] for path in PATHS}
    texts = [json.dumps(paths)]
    while texts:
        for kind, name in _REFERENCE.findall(texts.pop()):
            if name not in wanted.setdefault(kind, {}):
                wanted[kind][name] = whole["components"][kind][name]
                texts.append(json.dumps(wanted[kind][name]))
    created = wanted["parameters"]["created"]["schema"]
    created.pop("format", None)  # an instant; its own words say: a range of them
    about = {name: whole[name] for name in ("openapi", "info", "servers")}
    return {**about, "paths": paths, "components": wanted}


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Its address. Requests that are not as described are answered with 4xx.

    Without `--errors`, for some of GitHub's examples are not what its own schemas say.
    """
    told = folder / "description.json"
    told.write_text(json.dumps(described()), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(HERE / ".bin" / "prism"), "mock", "--port", str(port), str(told)]
    with (folder / "prism.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(port, process, folder / "prism.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(1_200):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"It does not listen after two minutes: {log.read_text()}")

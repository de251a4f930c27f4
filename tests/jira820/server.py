"""The process of jira820."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

HERE = Path(os.environ.get("PEER_JIRA", ".devhealth/peer-jira")).resolve()
TODAY = "2026-03-02"


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Its address. The same issues each time, as of `TODAY`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {"JIRA820_PORT": str(port), "JIRA820_DATE": TODAY, "JIRA820_SEED": "7"}
    with (folder / "jira820.log").open("w") as log:
        process = subprocess.Popen(
            [str(HERE / "bin" / "jira820")], env={**os.environ, **told}, stdout=log, stderr=log
        )
        try:
            _wait(port, process, folder / "jira820.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def asked(url: str, path: str, /, body: Any = None, **params: Any) -> Any:
    """Its JSON; null where it has none. Raises urllib's errors."""
    data = None if body is None else json.dumps(body).encode()
    address = f"{url}{path}?{urlencode(params)}"
    request = Request(address, data, {"content-type": "application/json"})
    with urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"It does not listen after half a minute: {log.read_text()}")

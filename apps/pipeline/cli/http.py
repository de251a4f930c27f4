"""The door over HTTP: what the API says, as often as it wants to be asked."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx

from apps.pipeline.cli.doors import Json, Told
from devhealth.errors import Permanent

PATIENCE = 30.0  # seconds for one answer
TRIES = 5
BUSY = (429, 503)

Sleep = Callable[[float], None]


@contextmanager
def over_http(url: str, token: str) -> Iterator["OverHttp"]:
    headers = {"Authorization": f"Bearer {token}"}
    address = f"{url.rstrip('/')}/api/v1/"
    try:
        client = httpx.Client(base_url=address, headers=headers, timeout=PATIENCE)
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        raise Permanent("The address or the token is none: look at --api and --token.") from error
    with client:
        yield OverHttp(client)


class OverHttp:
    def __init__(self, client: httpx.Client, sleep: Sleep = time.sleep) -> None:
        self._client = client
        self._sleep = sleep
        self._seen: dict[str, tuple[str, Json]] = {}

    def preview(self, body: Json) -> Json:
        return self._post("backfills", body, dry_run="true")

    def start(self, body: Json) -> Json:
        return self._post("backfills", body)

    def job(self, job_id: str) -> Told:
        return self._told(f"backfills/{job_id}")

    def jobs(self, limit: int) -> list[Json]:
        answer = self._send("GET", "backfills", params={"limit": limit})
        items: list[Json] = answer.json()["items"]
        return items

    def recompute(self, body: Json) -> Json:
        return self._post("metrics/recompute", body)

    def recomputed(self, recompute_id: str) -> Told:
        return self._told(f"metrics/recompute/{recompute_id}")

    def _post(self, path: str, body: Json, **query: str) -> Json:
        """Sent again where the answer got lost: the key sees to it that it is done once."""
        headers = {"Idempotency-Key": str(uuid4())}
        value: Json = self._send("POST", path, json=body, params=query, headers=headers).json()
        return value

    def _told(self, path: str) -> Told:
        """What has not changed is not sent again."""
        tag, value = self._seen.get(path, ("", {}))
        answer = self._send("GET", path, headers={"If-None-Match": tag} if tag else {})
        if answer.status_code != httpx.codes.NOT_MODIFIED:
            value = answer.json()
            self._seen[path] = answer.headers.get("ETag", ""), value
        return Told(value, _seconds(answer))

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Raises `Permanent` with the sentence of the API's problem document."""
        for left in reversed(range(TRIES)):
            try:
                answer = self._client.request(method, path, **more)
            except httpx.HTTPError as error:
                if not left:
                    raise Permanent(
                        f"{self._client.base_url} cannot be reached: {error}"
                    ) from error
                self._sleep(1)
                continue
            if answer.status_code not in BUSY or not left:
                break
            self._sleep(_seconds(answer) or 1)
        if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
            return answer
        raise Permanent(_sentence(answer))


def _seconds(answer: httpx.Response) -> float | None:
    """Our API gives seconds; what stands between might give a date."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 60) if text.isdecimal() else None


def _sentence(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.url} answered {answer.status_code}: is that the address of the service?"

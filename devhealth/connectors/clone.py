"""A clone of our own of what is at a provider: its default branch, brought up to date by `fetch`.

It is a bare repository that holds nothing but the history of that branch, without its tags, and
no secret: the credential goes to git through its environment, for that one command, and is sent to
the address's own host alone. git follows no redirect, speaks HTTP(S) only, and looks no host up by
itself where the caller says which addresses it has.

One process at a time may fetch into a folder; whoever is cut short leaves a repository that the
next one goes on with.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from devhealth.connectors.git_command import Git, Refused
from devhealth.connectors.local import Local
from devhealth.errors import DevHealthError, Permanent, Transient

_PORTS = {"https": 443, "http": 80}
_UNREADABLE = re.compile(r"[\x00-\x20\x7f]")
_REFUSED = re.compile(r"Authentication failed|could not read (Username|Password)|error: 40[13]")
_GONE = re.compile(r"not found|error: 404|error: 410")
_NO_BRANCH = re.compile(r"couldn't find remote ref")
_CONFIGURATION = (
    "fetch.fsckObjects=false",
    "gc.autoDetach=false",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",  # bytes in a second, over so many of them
    "http.lowSpeedTime=60",
    "maintenance.autoDetach=false",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a branch is to be had.

    url       http(s), without a credential; plain http is for hosts that the caller vouches for
    branch    the default one, by its name
    user      who asks: `x-access-token` at GitHub, `oauth2` at GitLab; '' without a credential
    addresses that the host has, as the caller checked them; empty: git looks for itself
    """

    url: str
    branch: str
    user: str = ""
    secret: str = field(default="", repr=False)
    addresses: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


async def fetch(folder: Path, origin: Origin) -> Local:
    """The branch as it is now, in `folder`, which is made where it is not there yet.

    Raises `Permanent` for an address that is none, a credential that is refused, a repository that
    is gone or has no such branch, and `Transient` for what may work later.
    """
    _require_sound(origin)
    folder.mkdir(parents=True, exist_ok=True)
    git = Git(folder, (*_CONFIGURATION, *_resolved(origin)), dict(_environment(origin)))
    if not (folder / "HEAD").is_file():
        await git.output("init", "--quiet", "--bare", "--template=", "--initial-branch=main")
    for unfinished in folder.glob("objects/pack/tmp_*"):
        unfinished.unlink()  # of one that was cut short
    remote = f"refs/remotes/origin/{origin.branch}"
    await git.output("config", "remote.origin.url", origin.url)
    await git.output("check-ref-format", remote)
    try:
        await git.output(
            "fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head",
            "--no-recurse-submodules", "--refmap=", "--end-of-options", origin.url,
            f"+refs/heads/{origin.branch}:{remote}",
        )  # fmt: skip
    except Refused as error:
        raise _explained(origin, error.words) from error
    await git.output("symbolic-ref", "refs/remotes/origin/HEAD", remote)
    return Local(folder)


def _require_sound(origin: Origin) -> None:
    parts = urlsplit(origin.url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password:
        raise Permanent("A clone needs an http(s) address without a credential in it.")
    if _UNREADABLE.search(origin.url + origin.branch) or origin.branch.startswith("-"):
        raise Permanent(f"{origin.host} has no repository or branch of that name.")


def _environment(origin: Origin) -> Iterator[tuple[str, str]]:
    parts = urlsplit(origin.url)
    yield "GIT_ALLOW_PROTOCOL", parts.scheme
    if origin.secret:
        told = b64encode(f"{origin.user}:{origin.secret}".encode()).decode("ascii")
        yield "GIT_CONFIG_COUNT", "1"
        yield "GIT_CONFIG_KEY_0", f"http.{parts.scheme}://{parts.netloc}/.extraHeader"
        yield "GIT_CONFIG_VALUE_0", f"Authorization: Basic {told}"


def _resolved(origin: Origin) -> Iterator[str]:
    parts = urlsplit(origin.url)
    yield f"protocol.{parts.scheme}.allow=always"
    if origin.addresses:
        port = parts.port or _PORTS[parts.scheme]
        yield f"http.curloptResolve={parts.hostname}:{port}:{','.join(origin.addresses)}"


def _explained(origin: Origin, words: str) -> DevHealthError:
    """git's last line names no secret, for the address has none; it is not repeated anyway."""
    if _REFUSED.search(words):
        return Permanent(f"{origin.host} refused the credential for a clone: connect again.")
    if _GONE.search(words):
        return Permanent(f"{origin.host} has no such repository, or hides it from the credential.")
    if _NO_BRANCH.search(words):
        return Permanent(
            f"{origin.host} has no branch `{origin.branch}` here yet: push to it, then sync again."
        )
    return Transient(f"git could not fetch from {origin.host}: try again later.")

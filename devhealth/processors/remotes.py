"""A remote's URL in any of git's spellings → the one address of the repository.

Spellings: git-scm.com/docs/git-clone, "GIT URLS". Two spellings of one repository (https, ssh,
`git@host:owner/name.git`, with or without user, password, port, `.git`) give the same address.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_SCHEMES = frozenset({"https", "http", "ssh", "git", "git+ssh", "ssh+git", "git+https", "git+http"})
_SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[^@/:\[\]]+|\[[^\]]+\]):(?P<path>[^:@][^@]*)")
# The same service under another name, for networks that close port 22.
_SAME_HOST = {
    "ssh.github.com": "github.com",
    "www.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}


@dataclass(frozen=True, slots=True)
class Remote:
    """host in lower case; path as written (`owner/name`, GitLab's groups may nest);
    port only where a person's browser needs it."""

    host: str
    path: str
    port: int | None = None

    @property
    def url(self) -> str:
        """Where a person opens it. No credentials."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}{f':{self.port}' if self.port else ''}/{self.path}"


def remote(url: str | None) -> Remote | None:
    """Null: no remote, a path on this machine, `file://`, or a spelling that is no URL of git's."""
    if not url:
        return None
    if "://" in url:
        return _parsed(url)
    scp = _SCP.fullmatch(url)
    return _remote(scp["host"], scp["path"]) if scp else None


def _parsed(url: str) -> Remote | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES:
        return None
    return _remote(host, parts.path, port if parts.scheme == "https" and port != 443 else None)


def _remote(host: str, path: str, port: int | None = None) -> Remote | None:
    host = host.strip("[]").lower()
    path = path.strip("/").removesuffix(".git").strip("/")
    if not host or not path:
        return None
    return Remote(_SAME_HOST.get(host, host), path, port)

"""Fetch: a provider's own words, page by page. One module and one class per provider.

`CONNECTORS` names every provider's module; nothing is imported until it is used. A provider's class
states its `name` and its `targets` (what it can fetch, each a method of that name); other modules
of this folder (`git_command`, `git_log`, `pipes`) state neither. `Remote` is what a sync asks of
one that speaks to an API, `History` what it asks of git.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # who only reads a clone waits for no HTTP client
    from devhealth.connectors.git_log import RawCommit
    from devhealth.connectors.local import RawPersons
    from devhealth.http.spent import Spent

CONNECTORS: tuple[str, ...] = (
    "devhealth.connectors.local",
    "devhealth.connectors.github",
    "devhealth.connectors.gitlab",
    "devhealth.connectors.jira",
    "devhealth.connectors.synthetic",
)


class Page(Protocol):
    """Some of a list's items, as the provider sent them."""

    @property
    def items(self) -> Sequence[Any]: ...


class History(Protocol):
    """The history of a branch, as `local.Local` tells it of a clone."""

    async def repository(self) -> dict[str, Any]: ...

    def git(
        self,
        head: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        known: str | None = None,
    ) -> AsyncGenerator["RawCommit", None]: ...

    async def count(
        self,
        head: str,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        known: str | None = None,
    ) -> int: ...

    def persons(self, head: str) -> AsyncGenerator["RawPersons", None]: ...

    async def mailmap(self, head: str) -> tuple[str, bytes]: ...

    async def has(self, commit: str) -> bool: ...

    def vanished(self, head: str, known: str) -> AsyncIterator[str]: ...

    def hashes(self, head: str) -> AsyncIterator[str]: ...


class Listing(Protocol):
    """What a target is: a method of a `Remote`. Every page of what changed in [since, before)."""

    def __call__(
        self, since: datetime | None, before: datetime | None
    ) -> AsyncGenerator[Page, None]: ...


class Remote(Protocol):
    """One repository, or one project of a tracker, behind a provider's API.

    Each of its targets is a `Listing` of that name (`work_items` of `work-items`). All raise what
    `devhealth.http.errors` tells.

    `since` (inclusive) and `before` (exclusive) are about the instant of a thing's last change, as
    the provider tells it: all windows together give everything that ever changed.
    """

    name: str
    """Of the processor that reads its words, too."""
    targets: tuple[str, ...]

    @property
    def host(self) -> str:
        """Where people find it: github.com."""
        ...

    @property
    def full_name(self) -> str:
        """owner/name or the project's key, as it was asked for."""
        ...

    @property
    def spent(self) -> "Spent":
        """All that was asked by now, for whatever target."""
        ...

    async def repository(self) -> Mapping[str, Any]:
        """It, or the project."""
        ...

    unfinished: dict[str, Sequence[str]]
    """By target: own ids of what was not over when it was seen last, set before the target is asked
    for. It is told again, however long ago it began, or becomes `vanished`."""
    vanished: dict[str, list[str]]
    """By target: of these, what the provider says is no more."""

    def named(self, target: str, names: Sequence[str]) -> AsyncGenerator[Page, None]:
        """Those of a target's things that are called so, as the target itself tells them.

        Names are the provider's, as its webhooks say them: numbers of pull requests, merge requests
        and issues, ids of runs, pipelines and deployments, `release:` and a release's id or tag,
        ids of Jira's issues. What is not of here is not told, and what the provider says is no more
        is told as `vanished` where its name tells what it was.
        """
        ...

    def ids(self, target: str) -> AsyncGenerator[Page, None]:
        """Ids of all that there is of a target, as its records have them. Complete, or it raises;
        what a list loses while it shifts aside."""
        ...

"""What a tracker's statuses mean, whatever it calls them (METRICS §3, "Status").

The organisation's own word goes first, of labels and statuses alike; then what names usually mean;
then what the provider itself counts a status as. A label never opens what is closed.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from devhealth.models.directory import OVER, Directory

ENDED: Final = frozenset(OVER)

_USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "todo": (
        "to do", "todo", "open", "opened", "new", "backlog", "selected for development", "ready",
        "ready for development", "triage", "reopened", "planned", "icebox",
    ),
    "in_progress": (
        "in progress", "in development", "doing", "started", "wip", "work in progress",
        "implementing", "development", "building",
    ),
    "in_review": (
        "in review", "review", "code review", "needs review", "ready for review", "peer review",
        "in test", "in testing", "testing", "ready for test", "ready for testing", "qa", "in qa",
        "uat", "verification", "to verify", "under review",
    ),
    "blocked": (
        "blocked", "on hold", "impeded", "waiting", "waiting for customer", "waiting for support",
        "stalled", "paused",
    ),
    "done": (
        "done", "closed", "resolved", "completed", "complete", "finished", "fixed", "released",
        "deployed", "shipped", "merged",
    ),
    "canceled": (
        "canceled", "cancelled", "won't do", "wont do", "won't fix", "wontfix", "rejected",
        "declined", "duplicate", "invalid", "obsolete", "abandoned", "not planned", "not a bug",
        "cannot reproduce",
    ),
}  # fmt: skip
USUAL: Final = {name: status for status, names in _USUAL.items() for name in names}

# Labels that speak of a status as a rule; `todo` says nothing that the open item does not.
_PREFIXES: Final = ("status:", "status/", "status::", "state:", "workflow::", "workflow:")
_OF_LABELS: Final = frozenset({"in_progress", "in_review", "blocked"})


class Statuses:
    """A Directory's word on them."""

    def __init__(self, directory: Directory) -> None:
        self._own = directory.statuses

    def of(self, raw: str, category: str, labels: Iterable[str] = ()) -> str:
        """One of `STATUSES`. `category` is the provider's own: todo, in_progress, done, canceled.

        Of several labels that speak of one the furthest counts: blocked, then in review.
        """
        name = raw.strip().lower()
        ended = self._own.get(name) or (category if category == "canceled" else None)
        if ended is None:
            ended = USUAL.get(name, category)
        if ended in ENDED:
            return ended
        told = {status for label in labels if (status := self._of_label(label))}
        for status in ("blocked", "in_review", "in_progress", "todo"):
            if status in told:
                return status
        return ended

    def _of_label(self, label: str) -> str | None:
        name = label.strip().lower()
        if (own := self._own.get(name)) and own not in ENDED:
            return own
        for prefix in sorted(_PREFIXES, key=len, reverse=True):
            name = name.removeprefix(prefix).strip()
        usual = USUAL.get(name.replace("-", " ").replace("_", " "))
        return usual if usual in _OF_LABELS else None

"""Settings, status map and category rules: what the organisation decides as a whole.

Each is read with a version, and written by whoever names the version that they read: of two who
change the same at once, one is told.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from apps.errors import PreconditionFailed, PreconditionRequired, Unprocessable
from apps.metrics import operations
from apps.metrics.directory import deciding, settings_now
from apps.metrics.models import DirectorySettings
from apps.orgs.members import Member
from apps.orgs.operations import Operation
from devhealth.models.directory import DEPLOYMENT_KINDS, STATUSES, THEMES, CategoryRule
from devhealth.models.directory_file import require_hours

LISTS = [each.name for each in fields(CategoryRule) if each.name not in ("theme", "subcategory")]
UNSTAMPED = {"privacy_threshold"}  # said of answers, never of records


@dataclass(frozen=True, slots=True)
class Part:
    """Columns that are read and written together, and who may write them."""

    name: str
    columns: tuple[str, ...]
    written: Operation

    def of(self, settings: DirectorySettings) -> dict[str, Any]:
        return {name: getattr(settings, name) for name in self.columns}

    def version(self, settings: DirectorySettings) -> str:
        """The same for the same content."""
        content = json.dumps(self.of(settings), default=str, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


SETTINGS = Part(
    "settings",
    (
        "opens",
        "closes",
        "timezone",
        "privacy_threshold",
        "bot_patterns",
        "humans",
        "deployment_kinds",
    ),
    operations.SETTINGS_UPDATE,
)
STATUS_MAP = Part("status_map", ("statuses",), operations.STATUS_MAP_UPDATE)
CATEGORY_RULES = Part("category_rules", ("category_rules",), operations.CATEGORY_RULES_UPDATE)


def read(*, by: Member) -> DirectorySettings:
    by.require(operations.DIRECTORY_READ)
    return settings_now()


def write(
    part: Part, changes: Mapping[str, Any], *, by: Member, unless_changed_since: str | None
) -> DirectorySettings:
    """Change what is named. Raises `Unprocessable`, and `PreconditionFailed` if somebody else
    changed it meanwhile.

    unless_changed_since  a version of the part; '': whichever it is; None: `PreconditionRequired`
    """
    by.require(part.written)
    if unless_changed_since is None:
        raise PreconditionRequired
    changes = {name: CLEANED.get(name, _as_it_is)(value) for name, value in changes.items()}
    with deciding(by, restamp=bool(changes.keys() - UNSTAMPED)) as decision:
        settings = decision.settings
        if unless_changed_since and unless_changed_since != part.version(settings):
            raise PreconditionFailed
        before = part.of(settings)
        for name in changes:
            setattr(settings, name, changes[name])
        _require_hours(settings)
        decision.record(part.written, f"directory:{part.name}", before, part.of(settings))
    return settings


def _as_it_is(value: Any) -> Any:
    return value


def _require_hours(settings: DirectorySettings) -> None:
    try:
        require_hours(settings.opens, settings.closes, settings.timezone)
    except ValueError as error:
        sentence = f"{error}."
        name = "timezone" if "zone" in sentence else "closes"
        raise invalid(name, sentence[:1].upper() + sentence[1:]) from error


# --- texts as they are kept ----------------------------------------------------------------------


def texts(given: Iterable[str]) -> list[str]:
    """Lower case, each once."""
    return list(dict.fromkeys(text.strip().lower() for text in given))


def _bot_patterns(given: Iterable[str]) -> list[str]:
    patterns = texts(given)
    for place, pattern in enumerate(patterns):
        if not pattern.strip("*?"):
            raise invalid(f"bot_patterns/{place}", f"`{pattern}` would make everybody a bot.")
        _require_closed(pattern, f"bot_patterns/{place}")
    return patterns


def _humans(given: Iterable[str]) -> list[str]:
    return [text for text in texts(given) if text]


def _statuses(given: Mapping[str, str]) -> dict[str, str]:
    statuses: dict[str, str] = {}
    for raw, status in given.items():
        text = raw.strip().lower()
        if status not in STATUSES:
            raise invalid("statuses", f"`{status}` is no status; there are {', '.join(STATUSES)}.")
        if not text or statuses.setdefault(text, status) != status:
            raise invalid("statuses", f"`{text}` is named twice, or is nothing: case is ignored.")
    return statuses


def _category_rules(given: Iterable[CategoryRule]) -> list[dict[str, Any]]:
    return [_rule(rule, f"category_rules/{place}") for place, rule in enumerate(given)]


def _rule(rule: CategoryRule, place: str) -> dict[str, Any]:
    """As JSON has it."""
    if rule.theme not in THEMES:
        raise invalid(f"{place}/theme", f"`{rule.theme}` is no theme; there are {_named(THEMES)}.")
    known = THEMES[rule.theme]
    if rule.subcategory not in known:
        sentence = f"`{rule.subcategory}` is nothing of {rule.theme}, which has {_named(known)}."
        raise invalid(f"{place}/subcategory", sentence)
    lists = {name: texts(getattr(rule, name)) for name in LISTS}
    if not any(lists.values()):
        raise invalid(place, "A rule without any pattern would match everything.")
    for name in LISTS:
        for pattern in lists[name]:
            _require_closed(pattern, f"{place}/{name}")
    return asdict(rule) | lists


def _deployment_kinds(given: Mapping[str, str]) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for name, kind in given.items():
        pattern = name.strip().lower()
        if kind not in DEPLOYMENT_KINDS:
            sentence = f"`{kind}` is no deployment; there are {_named(DEPLOYMENT_KINDS)}."
            raise invalid("deployment_kinds", sentence)
        require_name(pattern, "deployment_kinds")
        if kinds.setdefault(pattern, kind) != kind:
            raise invalid("deployment_kinds", f"`{pattern}` is named twice: case is ignored.")
    return kinds


def require_name(pattern: str, place: str) -> None:
    """Of a repository or project. Raises `Unprocessable`."""
    if not pattern or "*" in pattern[:-1]:
        raise invalid(place, f"`{pattern}`: a whole name, or its beginning and one `*`.")


def _require_closed(pattern: str, place: str) -> None:
    if not pattern:
        raise invalid(place, "A pattern of nothing matches nothing.")
    if "[" in pattern and "]" not in pattern[pattern.rindex("[") + 2 :]:
        raise invalid(place, f"`{pattern}` has a `[` without its `]`; write `[[]` for one itself.")


def _named(names: Iterable[str]) -> str:
    return ", ".join(names)


def invalid(place: str, sentence: str) -> Unprocessable:
    return Unprocessable(
        sentence,
        code="invalid_directory",
        errors=[{"pointer": f"/body/{place}", "detail": sentence}],
    )


CLEANED: Mapping[str, Any] = {
    "bot_patterns": _bot_patterns,
    "humans": _humans,
    "statuses": _statuses,
    "category_rules": _category_rules,
    "deployment_kinds": _deployment_kinds,
}

"""Breakdowns of breakdowns: where work went, as the client's sunburst, Sankey and flame show it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from apps.metrics import investment
from apps.metrics.questions import Selection
from apps.orgs.members import Member
from apps.web.web_client.figures import Group, groups, metric_of
from apps.web.web_client.filters import Chosen, repositories
from devhealth.analytics.questions import Dimension
from devhealth.models.directory import THEMES, UNCLASSIFIED

PARENTS = {name: theme for theme, names in THEMES.items() for name in names}
INVESTED = ("items_completed", "prs_merged", "invested_loc")  # the first of which there is any
MOST_FILES = 40
MOST_THEMES = 10


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of a whole, and what it is made of."""

    id: str
    name: str
    value: float
    parts: Sequence["Branch"] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """A measure broken down twice. `group`s: what the two are."""

    unit: str
    groups: tuple[str, str]
    branches: Sequence[Branch]

    @property
    def total(self) -> float:
        return round(sum(each.value for each in self.branches), 6)


Breaking = Callable[[Chosen, Member], Broken]


def invested(asked: Chosen, by: Member) -> Broken:
    """By theme and subcategory, of the first measure that anything was done of."""
    found = investment.investment(investment.Asked(days=asked.days, chosen=asked.selection), by=by)
    told = [name for name in INVESTED if any(found.amounts.get(name, {}).values())]
    measure = told[0] if told else INVESTED[0]
    parts: dict[str, list[Branch]] = {}
    for each in _measured(measure, Dimension.SUBCATEGORY, asked, by):
        branch = Branch(each.key[-1], words(each.name), each.value or 0)
        parts.setdefault(PARENTS.get(branch.id, UNCLASSIFIED), []).append(branch)
    themes = found.amounts.get(measure, {})
    branches = [
        Branch(theme, words(theme), amount.value or 0, parts.get(theme, ()))
        for theme, amount in sorted(themes.items())
    ]
    return Broken(metric_of(measure).unit, ("theme", "subcategory"), branches)


def by_type(asked: Chosen, by: Member) -> Broken:
    """Items completed by theme and type."""
    themes = _measured("items_completed", Dimension.THEME, asked, by)[:MOST_THEMES]
    branches = []
    for each in themes:
        of_theme = _narrowed(asked, Dimension.THEME, each.key[-1])
        types = _measured("items_completed", Dimension.WORK_TYPE, of_theme, by)
        parts = [Branch(part.key[-1], words(part.name), part.value or 0) for part in types]
        branches.append(Branch(each.key[-1], words(each.name), each.value or 0, parts))
    return Broken("items", ("theme", "type"), branches)


def by_state(asked: Chosen, by: Member) -> Broken:
    """Hours of work items by status."""
    found = _measured("state_hours", Dimension.STATUS, asked, by)
    parts = [Branch(each.key[-1], words(each.name), each.value or 0) for each in found]
    whole = [Branch("all", "Work items", sum(each.value for each in parts), parts)]
    return Broken("hours", ("all", "status"), whole if parts else [])


def hotspots(asked: Chosen, by: Member) -> Broken:
    """Changes of files by repository and path, the files changed most often."""
    found = _measured("file_changes_count", Dimension.FILE, asked, by)
    parts: dict[str, list[Branch]] = {}
    for each in found:
        branch = Branch("/".join(each.key), each.name, each.value or 0)
        parts.setdefault(each.key[0], []).append(branch)
    names = {row["repo_id"]: row["full_name"] for row in repositories(by)}
    branches = [
        Branch(repo, names.get(repo, repo), sum(each.value for each in files), files)
        for repo, files in parts.items()
    ]
    return Broken("file changes", ("repo", "file"), branches)


BROKEN: Mapping[str, Breaking] = {
    "investment": invested,
    "expense": by_type,
    "state": by_state,
    "hotspot": hotspots,
    "cycle_breakdown": by_state,
    "code_hotspots": hotspots,
    "throughput": by_type,
}


def _measured(measure: str, dimension: Dimension, asked: Chosen, by: Member) -> list[Group]:
    """What there is any of."""
    found = groups(metric_of(measure), dimension, asked, top=MOST_FILES, by=by)
    return [each for each in found if each.value]


def _narrowed(asked: Chosen, dimension: Dimension, value: str) -> Chosen:
    where = {**asked.selection.where, dimension: (value,)}
    return replace(asked, selection=Selection(where=where))


def words(name: str) -> str:
    """`feature_delivery` → `Feature delivery`."""
    return name.replace("_", " ").capitalize()

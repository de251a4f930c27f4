"""What the thirty days to a day held of a repository: files, who changed them, and how much."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from typing import Final

from devhealth.synthetic.expected.arithmetic import ONE_DAY, Row, days, ratio, rounded
from devhealth.synthetic.expected.seen import Made

WINDOW: Final = 30  # days
Change = tuple[str, str, int]  # author, path, lines


class Window:
    """Changes come and go; what is there is counted when it is asked for."""

    def __init__(self) -> None:
        self._held: deque[tuple[date, Change]] = deque()
        self._commits: dict[str, Counter[str]] = defaultdict(Counter)  # by path, of each author
        self._lines: Counter[str] = Counter()  # of each path
        self._shares: Counter[str] = Counter()  # of each author

    def __bool__(self) -> bool:
        return bool(self._held)

    def add(self, day: date, change: Change) -> None:
        self._held.append((day, change))
        self._count(change, 1)

    def leave(self, day: date) -> None:
        """Forget what is too old for the window of a day."""
        while self._held and self._held[0][0] <= day - WINDOW * ONE_DAY:
            self._count(self._held.popleft()[1], -1)

    def _count(self, change: Change, sign: int) -> None:
        author, path, lines = change
        self._commits[path][author] += sign
        self._lines[path] += sign * lines
        self._shares[author] += sign * lines
        if not self._commits[path][author]:
            del self._commits[path][author]
        if not self._commits[path]:
            del self._commits[path]

    def row(self) -> Row:
        changed = sum(self._shares.values())
        reworked = sum(self._lines[path] for path, by in self._commits.items() if by.total() > 1)
        single = sum(_is_single(by) for by in self._commits.values())
        shares = sorted(lines for lines in self._shares.values() if lines)
        return {
            "rework_loc_30d": reworked,
            "changed_loc_30d": changed,
            "rework_churn_ratio_30d": ratio(reworked, changed),
            "single_owner_files_30d": single,
            "files_changed_30d": len(self._commits),
            "single_owner_file_ratio_30d": ratio(single, len(self._commits)),
            "bus_factor_30d": _bus_factor(shares),
            "ownership_gini_30d": _gini(shares),
            "authors_30d": len(shares),
        }


def of_days(made: Iterable[Made], today: date) -> Iterator[tuple[date, Row]]:
    """Each day up to today whose window holds anything."""
    coming = deque(sorted(_changes(made)))
    window = Window()
    if not coming:
        return
    for day in days(coming[0][0], today):
        window.leave(day)
        while coming and coming[0][0] == day:
            window.add(*coming.popleft())
        if window:
            yield day, window.row()


def _changes(made: Iterable[Made]) -> Iterator[tuple[date, Change]]:
    for each in made:
        for file in each.commit.files:
            yield each.day, (each.author_id, file.path, file.added + file.deleted)


def _is_single(by: Counter[str]) -> bool:
    """The top author made at least 75 % of the commits."""
    return 4 * max(by.values()) >= 3 * by.total()


def _bus_factor(shares: list[int]) -> int | None:
    """Fewest, the largest first, with at least half."""
    made, total = 0, sum(shares)
    for place, lines in enumerate(reversed(shares), start=1):
        made += lines
        if 2 * made >= total:
            return place
    return None


def _gini(shares: list[int]) -> float | None:
    """2Σi·yᵢ/(nΣy) − (n+1)/n over yᵢ ascending."""
    if not shares:
        return None
    count, total = len(shares), sum(shares)
    weighed = sum(rank * lines for rank, lines in enumerate(shares, start=1))
    return rounded(float(Fraction(2 * weighed, count * total) - Fraction(count + 1, count)))

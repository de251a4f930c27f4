"""file_metrics_daily: a row for each file on each day that changed it."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from math import log

from devhealth.synthetic.expected.arithmetic import ONE_DAY, Row, rounded
from devhealth.synthetic.expected.seen import Seen
from devhealth.synthetic.expected.windows import WINDOW

Change = tuple[date, str, int, int]  # day, author, lines added and deleted


def file_days(seen: Seen) -> Iterator[Row]:
    by_path: dict[str, list[Change]] = defaultdict(list)
    for made in seen.made:
        for file in made.commit.files:
            by_path[file.path].append((made.day, made.author_id, file.added, file.deleted))
    for path, changes in by_path.items():
        for day in {change[0] for change in changes}:
            key = {"repo_id": seen.repo_id, "path": path, "day": day, "is_empty": False}
            yield key | _row(changes, day)


def _row(changes: list[Change], day: date) -> Row:
    first = day - (WINDOW - 1) * ONE_DAY
    recent = [each for each in changes if first <= each[0] <= day]
    on_day = [each for each in recent if each[0] == day]
    lines = sum(added + deleted for _, _, added, deleted in recent)
    return {
        "file_changes_count": len(on_day),
        "loc_added": sum(added for _, _, added, _ in on_day),
        "loc_deleted": sum(deleted for _, _, _, deleted in on_day),
        "commits_30d": len(recent),
        "changed_loc_30d": lines,
        "authors_30d": len({author for _, author, added, deleted in recent if added or deleted}),
        "hotspot_score_30d": rounded(len(recent) * log(1 + lines)),
    }

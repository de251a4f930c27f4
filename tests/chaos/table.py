"""The results as a table, a column for each store, between two marks of docs/reliability.md."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

from config.embedded import Store
from tests.chaos import scenes
from tests.chaos.stage import Case

PAGE = Path("docs/reliability.md")
BEGIN, END = "<!-- chaos -->", "<!-- /chaos -->"
STORES: tuple[Store, ...] = get_args(Store)
HEAD = (
    "| case | what happens | facts in PostgreSQL: result · taken up again after "
    "| the same in ClickHouse |\n| --- | --- | --- | --- |"
)

Results = dict[str, str]


def write(cases: Iterable[Case], store: Store) -> None:
    """Only this store's column; the others stay."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    columns = dict(zip(STORES, _columns(table), strict=True))
    columns[store] = {case.name: _result(case) for case in cases}
    lines = "\n".join((HEAD, *_lines(columns)))
    PAGE.write_text(f"{before}{BEGIN}\n{lines}\n{END}{after}", encoding="utf-8")


def _columns(table: str) -> list[Results]:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
    return [{row[0]: row[place] for row in rows if row} for place in (2, 3)]


def _lines(columns: Mapping[Store, Results]) -> Iterable[str]:
    for name, happens in scenes.every().items():
        results = [columns[store].get(name) or "–" for store in STORES]
        yield f"| {name} | {happens} | {' | '.join(results)} |"


def _result(case: Case) -> str:
    result = " ".join(case.problems) or "as undisturbed"
    again = f" · {case.redelivery} s" if case.redelivery is not None else ""
    remark = f" · {case.remark}" if case.remark else ""
    return f"{result}{again}{remark}".replace("|", "/")

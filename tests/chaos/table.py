"""The results as a table, between two marks of docs/reliability.md."""

from collections.abc import Iterable
from pathlib import Path

from tests.chaos.stage import Case

PAGE = Path("docs/reliability.md")
BEGIN, END = "<!-- chaos -->", "<!-- /chaos -->"
HEAD = "| case | what happens | result | taken up again after |\n| --- | --- | --- | --- |"


def write(cases: Iterable[Case]) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = "\n".join((HEAD, *map(_line, cases)))
    PAGE.write_text(f"{before}{BEGIN}\n{lines}\n{END}{after}", encoding="utf-8")


def _line(case: Case) -> str:
    result = " ".join(case.problems) or "as undisturbed"
    again = f"{case.redelivery} s" if case.redelivery is not None else ""
    return f"| {case.name} | {case.happens} | {result} | {again} |"

"""The scenes, in the order in which they are played. Each has CASES (name → what happens) and
`play(stage, wanted)`, which gives its cases when they are over."""

import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType

import click

from tests.chaos import checks
from tests.chaos.stage import Case, Stage

SCENES = (
    "kill",
    "stop",
    "beside",
    "bells",
    "databases",
    "provider",
    "steering",
    "clocks",
    "poison",
    "crowd",
)


def play(stage: Stage, names: Sequence[str]) -> Iterator[Case]:
    """Every case, or those of these names or scenes."""
    chosen = {scene: _chosen(scene, names) for scene in SCENES}
    if not any(chosen.values()):
        raise click.ClickException(f"No such case; scenes are {', '.join(SCENES)}.")
    stage.fleet.clock()
    yield _undisturbed(stage)
    for scene, wanted in chosen.items():
        if wanted:
            yield from _module(scene).play(stage, wanted)


def _chosen(scene: str, names: Sequence[str]) -> list[str]:
    cases = _module(scene).CASES
    return [case for case in cases if not names or scene in names or case in names]


def _module(scene: str) -> ModuleType:
    return import_module(f"{__name__}.{scene}")


def _undisturbed(stage: Stage) -> Case:
    """What all the others are compared with."""
    name = "undisturbed"
    worker = stage.fleet.worker()
    (case,) = stage.cases([name], {name: "Nothing; the others are compared with it."})
    stage.begin(case)
    stage.settle(case)
    checks.right(stage, case)
    checks.as_by_hand(stage, case)
    checks.rewrite(stage, case)
    stage.settle(case)
    checks.right(stage, case, checks.REWRITTEN)
    case.seconds = time.monotonic() - case.began
    stage.fleet.end(worker)
    return case

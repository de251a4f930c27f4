"""The scenes, in the order in which they are played. Each has CASES (name → what happens) and
`play(stage, wanted)`, which gives its cases when they are over."""

import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType

import click

from config.embedded import Store
from tests.chaos import checks
from tests.chaos.scenes.databases import ONLY
from tests.chaos.stage import Case, Stage

UNDISTURBED = {"undisturbed": "Nothing; the others are compared with it."}
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


# Cases that are played together: of more, what frees them would wait for the workers that are left.
AT_ONCE = {"kill": 12, "stop": 12}


def play(stage: Stage, names: Sequence[str]) -> Iterator[Case]:
    """Every case, or those of these names or scenes."""
    store = stage.servers.store
    chosen = {scene: _chosen(scene, names, store) for scene in SCENES}
    if not any(chosen.values()):
        raise click.ClickException(f"No such case; scenes are {', '.join(SCENES)}.")
    stage.fleet.clock()
    yield _undisturbed(stage)
    for scene, wanted in chosen.items():
        at_once = AT_ONCE.get(scene, len(wanted)) or 1
        for start in range(0, len(wanted), at_once):
            yield from _module(scene).play(stage, wanted[start : start + at_once])


def every() -> dict[str, str]:
    """All cases of all stores, in their order: name → what happens."""
    found = dict(UNDISTURBED)
    for scene in SCENES:
        found |= _module(scene).CASES
    return found


def _chosen(scene: str, names: Sequence[str], store: Store) -> list[str]:
    cases = [case for case in _module(scene).CASES if ONLY.get(case, store) == store]
    return [case for case in cases if not names or scene in names or case in names]


def _module(scene: str) -> ModuleType:
    return import_module(f"{__name__}.{scene}")


def _undisturbed(stage: Stage) -> Case:
    """What all the others are compared with."""
    worker = stage.fleet.worker()
    (case,) = stage.cases(UNDISTURBED, UNDISTURBED)
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

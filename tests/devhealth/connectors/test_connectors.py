from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from devhealth import connectors
from devhealth.connectors import CONNECTORS


def providers() -> set[str]:
    """A provider's module is one that defines a class with a name and targets."""
    found = set()
    for module in iter_modules([str(Path(connectors.__file__).parent)]):
        name = f"devhealth.connectors.{module.name}"
        for thing in vars(import_module(name)).values():
            if getattr(thing, "__module__", "") == name and hasattr(thing, "targets"):
                found.add(name)
    return found


def test_every_provider_is_listed():
    assert providers() == set(CONNECTORS)


def test_a_target_is_a_method():
    for name in CONNECTORS:
        for thing in vars(import_module(name)).values():
            for target in getattr(thing, "targets", ()):
                assert callable(getattr(thing, target.replace("-", "_")))

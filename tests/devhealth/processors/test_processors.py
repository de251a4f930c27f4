from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from devhealth import connectors, processors
from devhealth.connectors import CONNECTORS
from devhealth.processors import PROCESSORS


def last_names(names):
    return {name.rpartition(".")[2] for name in names}


def test_every_connector_has_its_processor():
    assert last_names(PROCESSORS) == last_names(CONNECTORS)


def test_every_module_named_like_a_connectors_module_is_listed():
    in_folder = {module.name for module in iter_modules([str(Path(processors.__file__).parent)])}
    beside = {module.name for module in iter_modules([str(Path(connectors.__file__).parent)])}
    assert in_folder & beside == last_names(PROCESSORS)


def test_every_listed_module_can_be_imported():
    assert [import_module(name).__name__ for name in PROCESSORS] == list(PROCESSORS)

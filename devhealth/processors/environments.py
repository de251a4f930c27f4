"""Which environments people use, by their names."""

import re
from functools import lru_cache

_PRODUCTION = re.compile(r"(production|prod|live)([-/].*)?", re.IGNORECASE)


@lru_cache(maxsize=1 << 10)
def is_production(name: str) -> bool:
    """`production`, `prod` or `live`, alone or as how it begins: `prod-eu`, `production/api`."""
    return _PRODUCTION.fullmatch(name.strip()) is not None

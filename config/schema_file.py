"""Writes the contracts anew, `schema.graphql` and `openapi.json`. No server need run:

DJANGO_SETTINGS_MODULE=tests.settings .venv/bin/python -m config.schema_file

What would break who builds on them is refused, unless the version in `config.api` moves.
"""

import json
import sys
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).resolve().parent.parent
GRAPHQL, REST = ROOT / "schema.graphql", ROOT / "openapi.json"
COMMAND = "DJANGO_SETTINGS_MODULE=tests.settings .venv/bin/python -m config.schema_file"


def sdl() -> str:
    from config.schema import schema  # after Django is set up

    return f"# Written by: {COMMAND}\n\n{schema.as_str()}\n"


def document() -> str:
    from config.api import api

    return json.dumps(api.get_openapi_schema(), indent=1, ensure_ascii=False) + "\n"


def broken() -> list[str]:
    """By the files as they are, what would break. Nothing, where the version has moved."""
    from config import breaking

    if not REST.exists():
        return []
    before, after = json.loads(REST.read_text()), json.loads(document())
    if version(before) != version(after):
        return []
    return [
        *breaking.of_rest(before, after),
        *breaking.of_graphql(GRAPHQL.read_text(), sdl()),
    ]


def version(told: Any) -> str:
    return str(told["info"]["version"])


def write() -> None:
    """Raises `SystemExit` with what would break."""
    if found := broken():
        sys.exit(
            "\n".join(found) + "\n\nThis breaks who builds on the API: keep it beside the new, or "
            "move the version in config/api.py."
        )
    GRAPHQL.write_text(sdl())
    REST.write_text(document())


if __name__ == "__main__":
    django.setup()
    write()

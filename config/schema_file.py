"""Writes `schema.graphql` anew. No server need run:

DJANGO_SETTINGS_MODULE=tests.settings .venv/bin/python -m config.schema_file
"""

from pathlib import Path

import django

PATH = Path(__file__).resolve().parent.parent / "schema.graphql"
COMMAND = "DJANGO_SETTINGS_MODULE=tests.settings .venv/bin/python -m config.schema_file"


def sdl() -> str:
    from config.schema import schema  # after Django is set up

    return f"# Written by: {COMMAND}\n\n{schema.as_str()}\n"


if __name__ == "__main__":
    django.setup()
    PATH.write_text(sdl())

"""Who signed a commit beside its author, by the lines of its message."""

import re

_CO_AUTHOR = re.compile(
    r"^co-authored-by:[ \t]*([^<\n]*)<([^<>\n]*)>", re.IGNORECASE | re.MULTILINE
)


def co_authors(message: str) -> list[tuple[str, str]]:
    """(name, address) of every Co-authored-by line, wherever in the message it stands."""
    if "<" not in message:
        return []
    return [(name.strip(), email.strip()) for name, email in _CO_AUTHOR.findall(message)]

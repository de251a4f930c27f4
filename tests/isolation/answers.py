"""What somebody was told: everything that left the house with an answer."""

import re
from typing import Any

from django.core.signing import b64_decode

from tests.isolation.marks import without
from tests.isolation.rest import Call

CHANGING = (  # what two answers to one question may differ in
    (r'"request_id": ?"[^"]*"', '"request_id"'),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "(id)"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-9.]+(Z|\+00:00)?", "(instant)"),
    (r"[\w-]{6,}\.[\w-]{43}", "(cursor)"),
    (r'"dh[ir]?_[0-9A-Za-z]+"', '"(token)"'),
    (r'"whsec_[^"]+"', '"(secret)"'),
    (r'"lag(_h|H)ours": ?[0-9.]+', '"lag_hours"'),
)
CURSOR = r"([\w-]{6,})\.[\w-]{43}"
OWN = ("X-Request-Id", "Content-Length", "ETag", "Link", "Location")  # headers that follow them


def told(answer: Any) -> str:
    """The whole of an answer as one text."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = f"{headers}\n\n{body.decode()}"
    return "\n".join([str(answer.status_code), text, *opened(text)])


def opened(text: str) -> list[str]:
    """What the cursors of an answer hold: signed, but anybody can read it."""
    return [b64_decode(each.encode()).decode() for each in re.findall(CURSOR, text)]


def alike(answer: Any, call: Call) -> tuple[int, dict[str, str], str]:
    """What must be the same whether a foreign thing is named, or one that nobody has."""
    headers = {name: value for name, value in answer.headers.items() if name not in OWN}
    return answer.status_code, headers, settled(answer.content.decode(), call.sent)


def settled(text: str, sent: list[str]) -> str:
    text = without(text, sent)
    for pattern, name in CHANGING:
        text = re.sub(pattern, name, text)
    return text.replace("(sent)", "(id)")

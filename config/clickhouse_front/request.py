"""What a request of ClickHouse's HTTP interface asks: its options and its statement."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from functools import partial
from itertools import chain
from typing import IO
from urllib.parse import parse_qsl

from config.clickhouse_front.errors import NOT_IMPLEMENTED, SYNTAX, Refusal

PIECE = 65536
FIELD_BYTES = 131072  # ClickHouse's http_max_field_value_size
HEAD = 262144  # ClickHouse's max_query_size: an INSERT is told from its rows within it

# What precedes the rows of `INSERT INTO t (a, "b") SETTINGS c = 'd' FORMAT Native`: quoted names,
# lists in parentheses (of columns, which may be called anything), words that begin no other rows.
INSERT = re.compile(
    rb"""(?: \s | --[^\n]*\n | /\*.*?\*/ )*+ (?P<text> INSERT \s+ INTO \s
        (?: `(?:[^`\\]|\\.)*` | "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*'
          | \( (?: '(?:[^'\\]|\\.)*' | `(?:[^`\\]|\\.)*` | \([^()]*\) | [^()'`] )* \)
          | (?! \b (?: SELECT | WITH | VALUES ) \b ) [^`"'(] )*? )
    (?P<settings> \b SETTINGS \s (?: '(?:[^'\\]|\\.)*' | [^'] )*? )?
    \b FORMAT \s+ (?P<format> \w+ ) [ \t]* ;? [ \t]* (?: \r?\n )?""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
FORMAT = re.compile(rb"\bFORMAT\s+(\w+)(?:\s+SETTINGS\s[^;]*)?[\s;]*$", re.IGNORECASE)
VERB = re.compile(rb"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*+(\w+)", re.DOTALL)
READING = frozenset(("SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN"))
# Each chunk the engine hands out is whole in these; others have a beginning and an end.
STREAMED = frozenset(("Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"))

FORM = re.compile(rb"(?:query|param_\w+)=")  # `curl -d 'select 1'` calls its SQL a form, too
NAME = re.compile(rb'\bname="([^"]*)"')

OPTIONS = frozenset(
    (
        *(
            "query",
            "user",
            "password",
            "database",
            "default_format",
            "query_id",
            "wait_end_of_query",
        ),
        *("session_id", "session_timeout", "session_check", "close_session", "stacktrace", "role"),
        *("buffer_size", "compress", "decompress", "quota_key", "client_protocol_version"),
        # settings of a server's HTTP handler
        *("send_progress_in_http_headers", "http_headers_progress_interval_ms"),
        *("enable_http_compression", "cancel_http_readonly_queries_on_client_close"),
    )
)


@dataclass(frozen=True, slots=True)
class Statement:
    text: bytes
    format: str | None
    """The one it names."""
    rows: Iterator[bytes] | None = None
    """What follows `INSERT … FORMAT x`, in that format; None of any other statement."""
    settings: bytes = b""
    """The clause of such an INSERT, which `text` then lacks."""

    @property
    def verb(self) -> str:
        first = VERB.match(self.text)
        return first[1].decode("latin-1").upper() if first else ""

    @property
    def reads(self) -> bool:
        """Whether it answers with rows, be they none."""
        inserts = self.verb == "WITH" and b"INSERT" in self.text.upper()
        return self.rows is None and self.verb in READING and not inserts

    @property
    def streams(self) -> bool:
        """The engine streams SELECT only."""
        return self.reads and self.verb in ("SELECT", "WITH")


@dataclass(frozen=True, slots=True)
class Request:
    options: Mapping[str, str]
    statement: Statement

    @property
    def settings(self) -> dict[str, str]:
        return {
            name: value
            for name, value in self.options.items()
            if name not in OPTIONS and not name.startswith("param_")
        }

    @property
    def params(self) -> dict[str, str]:
        return {
            name.removeprefix("param_"): value
            for name, value in self.options.items()
            if name.startswith("param_")
        }

    @property
    def format(self) -> str:
        return self.statement.format or self.options.get("default_format") or "TabSeparated"

    @property
    def streamed(self) -> bool:
        """Whether the reply may begin before the query has ended."""
        waits = self.options.get("wait_end_of_query") == "1"
        return self.statement.streams and self.format in STREAMED and not waits


def read(options: Mapping[str, str], headers: Message, body: IO[bytes]) -> Request:
    """`body` is whole, and stays open for as long as the request's rows are read."""
    options = {**_from_headers(headers), **options, **_form(headers, body)}
    if any(len(value.encode()) > FIELD_BYTES for value in options.values()):
        raise Refusal(SYNTAX, "HTML Form Exception: Field value too long.")
    asked = options.get("query", "").encode()
    return Request(options, _statement(asked + b"\n" if asked else b"", body))


def _from_headers(headers: Message) -> dict[str, str]:
    names = {"database": "X-ClickHouse-Database", "default_format": "X-ClickHouse-Format"}
    return {option: headers[name] for option, name in names.items() if headers[name]}


def _statement(asked: bytes, body: IO[bytes]) -> Statement:
    head = asked + body.read(HEAD)
    insert = INSERT.match(head)
    if insert:
        rows = chain((head[insert.end() :],), iter(partial(body.read, PIECE), b""))
        named, settings = insert["format"].decode(), insert["settings"] or b""
        return Statement(insert["text"], named, rows, settings)
    text = head + body.read()
    named = FORMAT.search(text, max(0, len(text) - 2000))
    return Statement(text, named[1].decode() if named else None)


# ── forms


def _form(headers: Message, body: IO[bytes]) -> dict[str, str]:
    """The fields of a form, which is read up; of any other body none."""
    kind, boundary = headers.get_content_type(), headers.get_boundary()
    if kind == "multipart/form-data" and boundary:
        return dict(_fields(body.read(), b"--" + boundary.encode()))
    start = body.read(100) if kind == "application/x-www-form-urlencoded" else b""
    body.seek(0)
    if not FORM.match(start):
        return {}
    return dict(parse_qsl(body.read().decode(errors="replace"), keep_blank_values=True))


def _fields(form: bytes, boundary: bytes) -> Iterator[tuple[str, str]]:
    for part in form.split(boundary)[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
        name = NAME.search(head)
        if not name:
            raise Refusal(SYNTAX, "A field of the form has no name.")
        if b"filename=" in head:
            raise Refusal(NOT_IMPLEMENTED, "This front takes no external tables.")
        yield name[1].decode(errors="replace"), value.decode(errors="replace")

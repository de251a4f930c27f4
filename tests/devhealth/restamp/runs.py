"""Restamps of an organisation, and what its records say afterwards."""

import asyncio

from devhealth.models.directory_file import parse_directory
from devhealth.models.records import Commit, CommitFile, Identity
from devhealth.processors.identity import author_id
from devhealth.restamp import restamp
from tests.devhealth.sync.runs import on
from tests.repositories import ADA, GRACE

ONE_PERSON = parse_directory(
    """
    [[people]]
    email = "ada@example.com"
    name = "Ada, Countess of Lovelace"
    aliases = ["ada@home.example", "augusta@work.example", "github:ada", "gitlab:ada-l", "ada l."]
    """
)
HOME = b"ada <Ada@Home.example>"
WORK = b"A. King <augusta@work.example>"
GITHUB = b"Ada L. <1+ada@users.noreply.github.com>"
GITLAB = b"ada-l <7-ada-l@users.noreply.gitlab.com>"
ADAS = (ADA, HOME, WORK, GITHUB, GITLAB)

# Somebody of three addresses and two logins, and Grace, who once had her help.
LIVES = (
    *(on(day, author=author, files={"a": f"{day}\n"}) for day, author in enumerate(ADAS)),
    on(
        5,
        author=GRACE,
        files={"a": "5\n", "b": "1\n"},
        message="Work\n\nCo-authored-by: Ada <augusta@work.example>\n",
    ),
)

ADA_ID, GRACE_ID = (str(author_id(text)) for text in ("ada@example.com", "grace@example.com"))


def restamped(acme, directory, **options):
    return asyncio.run(restamp(acme.sink(), directory, **options))


def people(acme):
    return {row["author_id"]: row["name"] for row in acme.records(Identity)}


def stamps(acme, *names):
    """Of commits, oldest first."""
    rows = sorted(acme.records(Commit), key=lambda row: (row["committed_at"], row["subject"]))
    return [tuple(row[name] for name in names) if names[1:] else row[names[0]] for row in rows]


def versions(acme):
    """Every row with its version, tombstones included."""
    sink = acme.sink()
    return [
        sink.read(cls, deleted=True).sort(cls.key).to_dicts()
        for cls in (Commit, CommitFile, Identity)
    ]

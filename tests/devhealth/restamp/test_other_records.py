"""Records of any class are rewritten as `Stamped` says, those without an instant, too."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID, uuid4

import polars as pl
import pytest

from devhealth.models.directory import Directory
from devhealth.models.fields import column
from devhealth.models.records import Record
from devhealth.models.touches import Touches
from devhealth.processors.stamped import Part, Stamped, alone
from devhealth.processors.stamps import Stamps
from devhealth.rewriting import Rewriting
from devhealth.sinks.sqlite import open_store
from tests.devhealth.stores import Organisation

REPO, OTHER = uuid4(), uuid4()


@dataclass(slots=True, kw_only=True)
class Owned(Record):
    """Whose a file is; on no day."""

    table: ClassVar[str] = "owned"
    key: ClassVar[tuple[str, ...]] = ("repo_id", "path", "email")

    repo_id: UUID = column("The repository.")
    path: str = column("The file.")
    email: str = column("An owner's address.")
    lines: int = column("Of theirs.")
    author_id: UUID = column("Their identity.")


def of_owners(rows, stamps):
    ids = {each: str(stamps.people.of_address(each).author_id) for each in rows["email"].unique()}
    return rows.with_columns(author_id=pl.col("email").replace_strict(ids, return_dtype=pl.String))


OWNED = Stamped(
    parts=(Part(Owned, by="path", asks=("email",), gives=("author_id",)),),
    found=alone(Owned, of_owners),
)


@pytest.fixture
def owners(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'facts.db'}", (Owned,))
    store.migrate()
    acme = Organisation(store)
    acme.sink().write(
        [
            Owned(repo_id=repo_id, path=path, email=email, lines=3, author_id=uuid4())
            for repo_id in (REPO, OTHER)
            for path in "ab"
            for email in ("ada@x", "grace@x")
        ]
    )
    yield acme
    store.close()


def test_they_are_rewritten_and_touch_no_day(owners):
    noted = []

    async def note(touches):
        noted.append(touches)

    stamps = Stamps(Directory(aliases={"grace@x": "ada@x"}), "")
    rewriting = Rewriting(
        sink=owners.sink(), partition=REPO, stamped=OWNED, stamps=stamps, checkpoint=lambda: None
    )
    wrong = rewriting.look_through()
    written = asyncio.run(rewriting.write(wrong, note, batch_size=1))
    assert (written, wrong.rows, wrong.touches, noted) == (
        {"owned": 4},
        {"owned": 4},
        Touches(),
        [],
    )
    ids = {row["author_id"] for row in owners.records(Owned) if row["repo_id"] == str(REPO)}
    assert ids == {str(stamps.people.of_address("ada@x").author_id)}
    assert rewriting.look_through().rows == {}

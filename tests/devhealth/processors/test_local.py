"""Records from raw dicts, and at the end from a real repository, judged by git itself."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.processors import local
from devhealth.processors.mailmap import Mailmap
from devhealth.processors.stamps import Stamps
from tests.repositories import ADA, NOON, Work, collect, make, run

REPO = UUID(int=7)
HASH = "a" * 40
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def raw_repository(**changes):
    return {
        "path": "/srv/api",
        "name": "api",
        "remote_url": None,
        "root_hash": HASH,
        "default_branch": "main",
        "head_hash": HASH,
    } | changes


STAMPS = Stamps(Directory(), "acme/api")


def raw_commit(**changes):
    return {
        "hash": HASH.encode(),
        "parents": b"b" * 40,
        "author_name": b"Ada Lovelace",
        "author_email": b"Ada@Example.com",
        "authored_at": b"%d" % NOON,
        "authored_zoned": b"%d +0000" % NOON,
        "committer_name": b"Grace Hopper",
        "committer_email": b"Grace@Example.com",
        "committed_at": b"%d" % (NOON + 60),
        "subject": b"Work",
        "body": b"",
        "files": [],
    } | changes


def commit(**changes):
    return local.commit(raw_commit(**changes), REPO, STAMPS)[0]


def files(*entries, **changes):
    return local.commit(raw_commit(files=list(entries), **changes), REPO, STAMPS)[1]


# Repositories


def test_a_repository_is_named_by_its_remote():
    found = local.repository(raw_repository(remote_url="git@github.com:Acme/Api.git"))
    assert (found.source_id, found.full_name, found.url) == (
        "github.com",
        "Acme/Api",
        "https://github.com/Acme/Api",
    )


def test_a_repository_without_a_remote_is_named_by_its_directory():
    found = local.repository(raw_repository())
    assert (found.source_id, found.full_name, found.url) == ("local", "api", "/srv/api")


def test_a_remote_on_this_machine_is_none():
    assert local.repository(raw_repository(remote_url="file:///srv/far")).source_id == "local"


def test_repo_id_does_not_mind_case_or_spelling():
    one = raw_repository(remote_url="https://github.com/acme/api")
    other = raw_repository(remote_url="git@GitHub.com:Acme/Api.git", root_hash="b" * 40)
    assert local.repository(one).repo_id == local.repository(other).repo_id


def test_repo_id_without_a_remote_hangs_on_the_root():
    one, other = raw_repository(path="/a"), raw_repository(path="/b")
    assert local.repository(one).repo_id == local.repository(other).repo_id
    assert (
        local.repository(one).repo_id
        != local.repository(raw_repository(root_hash="c" * 40)).repo_id
    )


def test_a_repo_id_stays_what_it_is_for_ever():
    found = local.repository(raw_repository(remote_url="https://github.com/acme/api"))
    assert str(found.repo_id) == "5d4137ef-16e7-5883-a709-53632047b7a9"


def test_the_head_is_left_to_the_sync():
    assert local.repository(raw_repository()).head_hash is None


# Commits


def test_a_commit_has_both_clocks():
    made = commit()
    assert (made.authored_at.isoformat(), made.committed_at.isoformat()) == (
        "2026-01-01T12:00:00+00:00",
        "2026-01-01T12:01:00+00:00",
    )


def test_addresses_are_lower_case():
    made = commit()
    assert (made.author_email, made.committer_email) == ("ada@example.com", "grace@example.com")


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [
        (b"+0000", 0),
        (b"-0000", 0),
        (b"+0545", 345),
        (b"-0330", -210),
        (b"+1400", 840),
        (b"-1200", -720),
        (b"+1401", None),
        (b"-1201", None),
        (b"+0075", None),
        (b"+51800", None),
        (b"-9999", None),
        (b"", None),
    ],
)
def test_the_authors_zone_in_minutes_or_null_where_the_world_has_none(zone, minutes):
    assert commit(authored_zoned=b"%d %s" % (NOON, zone)).author_utc_offset_minutes == minutes


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (b"0", "1970-01-01"),
        (b"-86400", "1969-12-31"),
        (b"-2208988800", "1900-01-01"),
        (b"10413791999", "2299-12-31"),
    ],
)
def test_dates_from_1900_to_2299_are_kept(seconds, expected):
    assert commit(committed_at=seconds).committed_at.date().isoformat() == expected


@pytest.mark.parametrize("seconds", [b"", b"-2208988801", b"10413792000", b"9" * 23, b"9" * 5000])
def test_an_absurd_date_is_the_epoch_and_can_be_told(seconds):
    raw = raw_commit(committed_at=seconds, authored_at=seconds)
    made, _ = local.commit(raw, REPO, STAMPS)
    assert (made.authored_at, made.committed_at, local.is_dated(raw)) == (EPOCH, EPOCH, False)


def test_a_date_at_the_epoch_is_a_date():
    assert local.is_dated(raw_commit(committed_at=b"0"))


@pytest.mark.parametrize(("parents", "count"), [(b"", 0), (b"b", 1), (b"b c", 2), (b"b c d", 3)])
def test_parents_are_counted(parents, count):
    assert commit(parents=parents).parent_count == count


def test_texts_that_are_no_utf_8_keep_what_can_be_read():
    made = commit(author_name=b"J\xfcrgen", subject=b"caf\xe9")
    assert (made.author_name, made.subject) == ("J\ufffdrgen", "caf\ufffd")


def test_the_mailmap_names_author_and_committer():
    mailmap = Mailmap(
        b"Augusta <a@x.example> <ada@example.com>\n<g@x.example> Grace Hopper <GRACE@Example.com>"
    )
    made, _ = local.commit(raw_commit(), REPO, STAMPS, mailmap)
    assert (made.author_name, made.author_email, made.committer_email) == (
        "Augusta",
        "a@x.example",
        "g@x.example",
    )


def test_who_assisted_is_told_by_the_names_a_commit_was_signed_with():
    mailmap = Mailmap(b"Ada <ada@example.com> <noreply@anthropic.com>")
    raw = raw_commit(author_email=b"noreply@anthropic.com")
    assert local.commit(raw, REPO, STAMPS, mailmap)[0].ai_assistance == "assisted"


def test_co_authors_are_found_anywhere_in_the_body():
    body = (
        b"* One\n\nCo-authored-by: Grace <Grace@Example.com>\n\n* Two\n\n"
        b"co-authored-By:B<b@x.example>\r\nCo-authored-by: Again <grace@example.com>\n"
        b"  Co-authored-by: Quoted <quoted@x.example>\nCo-authored-by: none\nCo-authored-by: N <>\n"
    )
    assert commit(body=body).co_author_emails == ["b@x.example", "grace@example.com"]


def test_a_co_author_may_be_an_assistant():
    body = b"Co-authored-by: Claude <noreply@anthropic.com>\n"
    assert commit(body=body).ai_assistance == "assisted"


@pytest.mark.parametrize(
    ("subject", "body", "expected"),
    [
        (b'Revert "Work"', b"This reverts commit abcdef0.\n", True),
        (b'Revert "Work" (#12)', b"Reverts acme/api#11", True),
        (b"Undo", b"Because.\n\nThis reverts commit abcdef0, reversing\nchanges made to 1.", True),
        (b'Reapply "Work"', b"This reverts commit abcdef0.", True),
        (b'Revert "Revert "Work""', b"", True),
        (b"Revert the default to 5", b"", False),
        (b'Revert "half a quote', b"", False),
        (b"Work", b"It says: This reverts commit abcdef0.", False),
        (b"Work", b"This reverts commit of yesterday.", False),
        (b"Work", b"", False),
    ],
)
def test_a_revert_is_what_git_calls_one(subject, body, expected):
    assert commit(subject=subject, body=body).is_revert is expected


@pytest.mark.parametrize(
    ("lines", "bucket"),
    [(0, "small"), (50, "small"), (51, "medium"), (300, "medium"), (301, "large")],
)
def test_sizes(lines, bucket):
    assert commit(files=[(b"%d" % lines, b"0", b"a", None)]).size_bucket == bucket


def test_lines_are_summed_over_files():
    made = commit(
        files=[(b"3", b"1", b"a", None), (b"4", b"2", b"b", None), (b"-", b"-", b"c", None)]
    )
    assert (made.loc_added, made.loc_deleted, made.loc_changed, made.files_changed) == (7, 3, 10, 3)


# Files


def test_a_file_carries_its_commit():
    made = commit()
    (file,) = files((b"3", b"1", b"a", None))
    assert (file.repo_id, file.commit_hash, file.committed_at, file.author_id, file.actor_kind) == (
        REPO,
        HASH,
        made.committed_at,
        made.author_id,
        made.actor_kind,
    )


def test_a_binary_file_has_no_lines():
    (file,) = files((b"-", b"-", b"a.png", None))
    assert (file.is_binary, file.loc_added, file.loc_deleted) == (True, 0, 0)


def test_a_renamed_file_names_the_old_path():
    (file,) = files((b"0", b"0", b"new", b"old\xff"))
    assert (file.path, file.previous_path) == ("new", "old\\xff")


def test_paths_that_differ_in_bytes_stay_two():
    assert [
        file.path for file in files((b"1", b"0", b"\xfe", None), (b"1", b"0", b"\xff", None))
    ] == [
        "\\xfe",
        "\\xff",
    ]


def test_two_entries_for_one_path_are_one_row():
    entries = (
        (b"1", b"2", b"a", b"old"),
        (b"5", b"0", b"b", None),
        (b"-", b"-", b"a", None),
        (b"3", b"4", b"a", None),
    )
    found = [
        (f.path, f.loc_added, f.loc_deleted, f.is_binary, f.previous_path) for f in files(*entries)
    ]
    assert found == [("a", 4, 6, True, "old"), ("b", 5, 0, False, None)]


# From git


@pytest.fixture
def odd(tmp_path):
    """What real repositories hold: every oddity that the docstrings speak of, in one history."""
    text = "".join(f"line {number}\n" for number in range(40))
    return make(
        tmp_path / "odd",
        Work({"a": text, b"\xff": "x\n"}, author=b" <>", at=0, zone="+0545"),
        Work({"\x01é": "1\t2\n"}, message=b"\x01\xff\n\n1\t2\tx\nCo-authored-by: B <b@x.y>"),
        Work({"a": text + "more\n", "p": b"\0"}, parents=(0,), author=b"\xfe <x>", zone="-9900"),
        Work({"a": text + "more\n", "p": b"\0"}, parents=(1, 2), message=b""),
        Work(renames={"a": "dir/a"}, zone="+051800", author=ADA),
        Work(),
    )


def test_every_commit_of_an_odd_history_agrees_with_git(odd):
    records = [local.commit(raw, REPO, STAMPS) for raw in collect(Local(odd).git("main"))]
    figures = [
        (made.hash, made.loc_added, made.loc_deleted, made.files_changed) for made, _ in records
    ]
    assert figures == git_figures(odd)


def git_figures(path):
    figures = []
    for line in run(path, "log", "--numstat", "-M", "--format=:%H").splitlines():
        if line.startswith(":"):
            figures.append((line[1:], 0, 0, 0))
        elif line:
            name, added, deleted, files = figures[-1]
            more, less = (0 if count == "-" else int(count) for count in line.split("\t")[:2])
            figures[-1] = (name, added + more, deleted + less, files + 1)
    return figures


def test_a_repository_comes_from_its_directory(odd):
    raw = asyncio.run(Local(odd).repository())
    assert local.repository(raw).default_branch == "main"

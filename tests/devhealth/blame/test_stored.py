"""Blame rows as records among others: in every store, stamped anew, and who they name stays."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from devhealth.connectors.local import Local
from devhealth.models.directory import Directory
from devhealth.models.records import BlameFile, Commit, CommitFile, Identity
from devhealth.models.touches import Touches
from devhealth.processors.identity import author_id
from devhealth.restamp import preview, restamp
from devhealth.sync import sync_git
from tests.devhealth.blame.runs import blame, by_git, lines, synced
from tests.devhealth.restamp.runs import restamped
from tests.devhealth.stores import Organisation
from tests.devhealth.sync.runs import HISTORY, on
from tests.repositories import GRACE, NOON, add, instant

ADA, GRACE_ID = (str(author_id(f"{name}@example.com")) for name in ("ada", "grace"))
ONE = Directory(aliases={"grace@example.com": "ada@example.com"})
DAY = 86_400


def test_every_store_keeps_the_same(any_store, repository):
    acme = Organisation(any_store)
    synced(acme, repository)
    before = lines(acme)
    add(repository, *HISTORY, on(3, files={"c": "4\n", "b": None}, author=GRACE))
    moved = blame(acme, repository)
    again = blame(acme, repository)
    assert before == {
        ("b", "ada@example.com"): 1,
        ("c", "ada@example.com"): 2,
        ("c", "grace@example.com"): 1,
    }
    assert lines(acme) == by_git(repository) == {("c", "grace@example.com"): 1}
    assert (moved.expected, moved.rows, again.rows) == (1, 3, 0)


def test_another_directory_stamps_them_anew_and_touches_no_day_by_them(acme, repository):
    synced(acme, repository)
    promised = preview(acme.sink(), ONE)
    done = restamped(acme, ONE)
    assert done.rows["blame_files"] == promised.rows["blame_files"] == 1
    assert {row["author_id"] for row in acme.records(BlameFile)} == {ADA}
    assert {cls for cls, _ in done.touches.days} == {Commit, CommitFile}
    assert restamped(acme, ONE).touches == Touches()


def test_stamped_rows_are_not_asked_for_again(acme, repository):
    synced(acme, repository)
    restamped(acme, ONE)
    assert blame(acme, repository, directory=ONE).expected == 0


def test_a_bot_rule_makes_lines_a_bots(acme, repository):
    synced(acme, repository)
    restamped(acme, Directory(bots=("grace@*",)))
    found = {row["author_email"]: row["actor_kind"] for row in acme.records(BlameFile)}
    assert found == {"ada@example.com": "human", "grace@example.com": "bot"}


def test_two_organisations_may_say_differently_whose_the_same_lines_are(any_store, repository):
    acme, globex = Organisation(any_store), Organisation(any_store)
    synced(acme, repository, directory=ONE)
    synced(globex, repository)
    told = [{str(row["author_id"]) for row in each.records(BlameFile)} for each in (acme, globex)]
    assert told == [{ADA}, {ADA, GRACE_ID}]
    assert lines(acme) == lines(globex) == by_git(repository)


def only_blamed(acme, repository):
    """Grace's commit is older than what is kept of history."""
    sink = acme.sink()
    floor = instant(NOON + 2 * DAY)
    asyncio.run(sync_git(sink, Local(repository), floor=floor)).finish(sink)
    return blame(acme, repository)


def test_who_is_only_blamed_stays_when_records_are_stamped_anew(acme, repository):
    only_blamed(acme, repository)
    done = restamped(acme, Directory())
    assert sum(done.rows.values()) == 0
    assert {row["author_id"] for row in acme.records(Identity)} == {ADA, GRACE_ID}


def test_who_is_blamed_while_a_restamp_runs_is_no_tombstone(acme, repository):
    """It has looked at all rows when Grace's lines come; what it finds then is that she stands."""
    sink = acme.sink()
    floor = instant(NOON + 2 * DAY)
    asyncio.run(sync_git(sink, Local(repository), floor=floor)).finish(sink)
    restamping = Meanwhile(acme.sink(), lambda: blame(acme, repository))
    asyncio.run(restamp(restamping, Directory()))
    assert GRACE_ID in {row["author_id"] for row in acme.records(Identity)}


class Meanwhile:
    """A sink, before whose look at identities somebody else does something."""

    def __init__(self, sink, does):
        self._sink = sink
        self._does = does

    def __getattr__(self, name):
        return getattr(self._sink, name)

    def read(self, cls, *given, **asked):
        if cls is Identity and self._does:
            does, self._does = self._does, None
            with ThreadPoolExecutor() as elsewhere:
                elsewhere.submit(does).result()
        return self._sink.read(cls, *given, **asked)


def test_the_newest_name_counts_whether_a_commit_or_a_line_has_it(acme, repository):
    """Blame meets Ada by an older name in `c` than her newest commit has."""
    newer = b"Ada Byron <ada@example.com>"
    add(repository, *HISTORY, on(3, files={"d": "1\n"}, author=newer))
    synced(acme, repository)
    names = {row["author_id"]: row["name"] for row in acme.records(Identity)}
    assert names[ADA] == "Ada Byron"

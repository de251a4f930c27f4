"""In the default world everything occurs that numbers have stumbled over: people and code."""

from datetime import date, timedelta

import pytest

from devhealth.synthetic.world import Commit, History, PullRequest, World

DAY = timedelta(days=1)
MERGED = ("api", "infra-live")


@pytest.fixture(scope="module")
def commits(histories: dict[str, History]) -> list[Commit]:
    return [each for history in histories.values() for each in history.commits]


@pytest.fixture(scope="module")
def pulls(histories: dict[str, History]) -> list[PullRequest]:
    return [each for history in histories.values() for each in history.pull_requests]


def clock(commit: Commit):
    return commit.authored_at + timedelta(minutes=commit.utc_offset_minutes)


COMMITS = {
    "on a weekend": lambda each: clock(each).weekday() >= 5,
    "in the evening": lambda each: clock(each).hour >= 18,
    "early": lambda each: clock(each).hour < 9,
    "in Nepal": lambda each: each.utc_offset_minutes == 345,
    "west of Greenwich by a half hour": lambda each: each.utc_offset_minutes == -210,
    "in summer time": lambda each: each.utc_offset_minutes == 120,
    "committed on another day": lambda each: each.authored_at.date() != each.committed_at.date(),
    "right after midnight": lambda each: (
        (each.authored_at.minute, each.committed_at.hour) == (58, 0)
    ),
    "a merge": lambda each: len(each.parents) == 2,
    "a revert": lambda each: each.is_revert,
    "signed by an assistant": lambda each: each.is_assisted and each.co_authors,
    "by an agent": lambda each: each.is_assisted and not each.co_authors,
    "with a binary file": lambda each: any(file.is_binary for file in each.files),
    "with a renamed file": lambda each: any(file.previous_path for file in each.files),
    "without a changed line": lambda each: (
        each.files and not sum(file.added + file.deleted for file in each.files)
    ),
    "of a no-reply address": lambda each: each.email.endswith("users.noreply.github.com"),
    "of a second address": lambda each: each.email.endswith("home.example"),
    "by the button": lambda each: each.committer_email != each.email,
}


@pytest.mark.parametrize("what", COMMITS)
def test_there_are_commits(commits: list[Commit], what: str):
    assert sum(1 for each in commits if COMMITS[what](each)) >= 3


def has_review(pull: PullRequest, after: timedelta) -> bool:
    return any(each.at - pull.created_at > after for each in pull.reviews)


def reviewers(pull: PullRequest) -> set[str | None]:
    return {each.reviewer for each in pull.reviews}


PULLS = {
    "drafts at first": lambda each: each.ready_at and each.ready_at > each.created_at,
    "drafts once more": lambda each: False in [ready for _, ready in each.drafts],
    "never ready": lambda each: each.ready_at is None,
    "reopened": lambda each: each.reopened_at,
    "reopened and open": lambda each: each.reopened_at and each.state == "open",
    "closed without a merge": lambda each: each.state == "closed",
    "open for months": lambda each: (
        each.state == "open" and each.created_at.date() < date(2026, 8, 1)
    ),
    "merged unseen": lambda each: each.merged_at and not each.reviews,
    "reviewed after a month": lambda each: has_review(each, 30 * DAY),
    "reviewed after they were merged": lambda each: (
        each.merged_at and any(review.at > each.merged_at for review in each.reviews)
    ),
    "reviewed by a bot": lambda each: "reviews" in reviewers(each),
    "reviewed by their author": lambda each: each.author and each.author in reviewers(each),
    "reviewed by nobody knows whom": lambda each: None in reviewers(each),
    "reviewed in rounds": lambda each: len(each.reviews) >= 3,
    "dismissed": lambda each: any(review.is_dismissed for review in each.reviews),
    "changed as was asked": lambda each: (
        "changes_requested" in {review.state for review in each.reviews}
    ),
    "of nobody knows whom": lambda each: each.author is None,
    "of the bot that updates": lambda each: each.author == "updates",
    "of an agent": lambda each: each.author == "agent",
    "reverts": lambda each: each.reverts,
    "into another branch": lambda each: each.merged_at and each.base_branch != "main",
    "huge": lambda each: each.added + each.deleted >= 1_000,
    "with comments of lines": lambda each: any(said.kind == "review" for said in each.comments),
    "of items": lambda each: each.refers_to,
}


@pytest.mark.parametrize("what", PULLS)
def test_there_are_pull_requests(pulls: list[PullRequest], what: str):
    assert sum(1 for each in pulls if PULLS[what](each)) >= 3


def test_two_commits_are_of_one_second(histories: dict[str, History]):
    instants = [each.committed_at for each in histories["api"].commits]
    assert len(set(instants)) < len(instants)


def test_a_fork_shares_its_first_commits(histories: dict[str, History]):
    fork, parent = histories["api-fork"].commits, histories["api"].commits
    shared = {each.hash for each in fork} & {each.hash for each in parent}
    assert 100 < len(shared) < len(fork)


def test_one_repository_is_renamed_and_one_is_archived(world: World):
    assert [each.key for each in world.repositories if each.former_name] == ["billing"]
    assert [each.key for each in world.repositories if each.archived_at] == ["infra-tools"]


def test_deployments_releases_and_merges_are_counted(world: World):
    assert {each.counts for each in world.repositories} == {"deployment", "release", "merge"}


def test_nobody_works_on_a_holiday_but_in_the_night_before(commits: list[Commit]):
    days = {date(2026, 1, 1), date(2025, 12, 25)}
    assert not [each for each in commits if clock(each).date() in days and not each.is_assisted
                and clock(each).hour > 5 and each.author != "updates"]  # fmt: skip


def test_somebody_changes_sides_helps_out_and_is_in_no_team(world: World):
    stints = [stint for team in world.teams for stint in team.members]
    members = {stint.person for stint in stints}
    assert any(stint.until for stint in stints)
    assert any(not stint.is_primary for stint in stints)
    assert {each.key for each in world.people if each.kind == "human"} - members


def test_reverts_name_pull_requests_that_were_merged_before(pulls, histories):
    for history in histories.values():
        merged = {each.number: each.merged_at for each in history.pull_requests}
        for each in history.pull_requests:
            if each.reverts:
                assert merged[each.reverts] < each.created_at

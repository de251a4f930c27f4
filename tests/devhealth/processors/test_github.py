from datetime import UTC, datetime
from uuid import uuid5

import pytest

from devhealth.processors import github
from devhealth.processors.local import REPOSITORIES
from devhealth.processors.reading import Unreadable
from tests.provider.github_things import (
    bot,
    comment,
    commit,
    dismissal,
    event,
    issue,
    merged,
    nodes,
    pull,
    repository,
    review,
    user,
)

API = github.repository(repository())


def day(number, hour=0, minute=0):
    return datetime(2026, 3, number, hour, minute, tzinfo=UTC)


def told(thing):
    return github.pull_request(nodes(thing), API)


def record(thing):
    return told(thing).pull_request


def test_a_repository_is_known_by_its_address_and_githubs_own_id():
    assert API.repo_id == uuid5(REPOSITORIES, "github.com/acme/api")
    assert (API.source_id, API.full_name, API.native_id) == ("github.com", "acme/api", "42")
    assert API.root_hash is None


def test_letters_of_an_address_are_one_however_they_are_written():
    assert github.repository(repository("Acme/API")).repo_id == API.repo_id


def test_an_enterprises_repository_is_of_its_own_host():
    raw = repository(html_url="https://ghe.acme.example/acme/api", archived=True, fork=True)
    found = github.repository(raw)
    assert (found.source_id, found.is_archived, found.is_fork) == ("ghe.acme.example", True, True)


def test_a_pull_request_as_it_was_told():
    found = record(
        merged(
            labels=[{"name": "urgent"}, {"name": "bug"}],
            commits=[commit("b" * 40, "2026-03-01 18:00"), commit("a" * 40, "2026-02-28 09:00")],
        )
    )
    assert (found.number, found.state, found.title) == (7, "merged", "Carry the lamp")
    assert (found.author_login, found.author_name) == ("github:ada", "Ada Lovelace")
    assert (found.loc_changed, found.size_bucket, found.files_changed) == (50, "small", 3)
    assert (found.merged_at, found.closed_at) == (day(3, 10), day(3, 10))
    assert found.merge_commit_hash == "e" * 40
    assert found.labels == ["bug", "urgent"]
    assert (found.commits_count, found.first_commit_at) == (2, datetime(2026, 2, 28, 9, tzinfo=UTC))
    assert (found.base_branch, found.is_into_default) == ("main", True)


def test_what_is_merged_elsewhere_is_not_into_the_default_branch():
    assert not record(merged(baseRefName="v1")).is_into_default


def test_commits_are_told_each_once():
    found = told(pull(commits=[commit("b" * 40), commit("a" * 40), commit("b" * 40)]))
    assert [each.hash for each in found.commits] == ["a" * 40, "b" * 40]


def test_commits_say_when_they_were_made():
    assert [each.committed_at for each in told(pull(commits=[commit()])).commits] == [day(1, 18, 5)]


def test_the_issues_that_it_will_close_and_those_of_its_words_are_told():
    thing = pull(
        title="Carry the lamp (#3)",
        headRefName="abc-12-lamp",
        body="Closes #5. Fixes acme/web#2",
        closingIssuesReferences=[issue(5), issue(6, repository={"nameWithOwner": "acme/Web"})],
    )
    assert record(thing).refers_to == [
        "closes gh:acme/web#2",
        "named gh:acme/api#3",
        "named jira:ABC-12",
        "told gh:acme/Web#6",
        "told gh:acme/api#5",
    ]


def test_where_nobody_may_see_what_it_closes_only_words_are_told():
    assert record(pull(closingIssuesReferences=None)).refers_to == []
    raw = nodes(pull(body="Closes #5"))
    del raw["closingIssuesReferences"]
    assert github.pull_request(raw, API).pull_request.refers_to == ["closes gh:acme/api#5"]


def test_more_commits_are_counted_than_are_shown():
    raw = nodes(pull(commits=[commit()]))
    raw["commits"]["totalCount"] = 251
    assert github.pull_request(raw, API).pull_request.commits_count == 251


def test_who_is_gone_has_no_login():
    raw = pull(author=None, reviews=[review(who=None)], comments=[comment(who=None)])
    found = told(raw)
    logins = (
        found.pull_request.author_login,
        found.reviews[0].reviewer_login,
        found.comments[0].author_login,
    )
    assert logins == ("", "", "")


@pytest.mark.parametrize(
    ("who", "login"),
    [
        (user("Ada"), "github:ada"),
        (bot("dependabot"), "github:dependabot[bot]"),
        (bot("renovate[bot]"), "github:renovate[bot]"),
        ({"__typename": "Mannequin", "login": "old"}, "github:old"),
    ],
)
def test_logins_are_small_and_bots_say_so(who, login):
    assert record(pull(author=who)).author_login == login


def ready_at(is_draft, *events):
    lines = [event(kind, on) for kind, on in events]
    return record(pull(isDraft=is_draft, timelineItems=lines)).ready_at


EARLY, LATE = "2026-03-02 09:00", "2026-03-02 11:00"
READY, DRAFT = "ReadyForReviewEvent", "ConvertToDraftEvent"


@pytest.mark.parametrize(
    ("is_draft", "events", "expected"),
    [
        (False, [], day(2, 8)),  # created
        (True, [], None),
        (False, [(READY, "2026-03-02 09:00")], day(2, 9)),
        # opened ready, made a draft, made ready again
        (False, [(DRAFT, "2026-03-02 09:00"), (READY, "2026-03-02 10:00")], day(2, 8)),
        # opened as a draft, twice ready: the first counts; whatever order they come in
        (False, [(READY, LATE), (DRAFT, "2026-03-02 10:00"), (READY, EARLY)], day(2, 9)),
        (True, [(DRAFT, "2026-03-02 09:00")], day(2, 8)),
    ],
)  # fmt: skip
def test_ready_is_when_it_first_was_no_draft(is_draft, events, expected):
    assert ready_at(is_draft, *events) == expected


def test_a_reopened_one_is_not_closed():
    found = record(pull(state="OPEN", closedAt="2026-03-02T09:00:00Z"))
    assert (found.state, found.closed_at) == ("open", None)


def test_one_closed_without_a_merge():
    found = record(pull(state="CLOSED", closedAt="2026-03-02T09:00:00Z"))
    assert (found.state, found.closed_at, found.merged_at) == ("closed", day(2, 9), None)
    assert found.merge_commit_hash is None


def states(*reviews, events=()):
    found = told(pull(reviews=list(reviews), timelineItems=list(events))).reviews
    return {each.review_id: each.state for each in found}


def test_a_review_counts_under_the_state_that_it_was_submitted_with():
    reviews = [review(1, "DISMISSED"), review(2, "DISMISSED"), review(3, "APPROVED")]
    events = [dismissal("PRR_1", "CHANGES_REQUESTED"), dismissal("PRR_2", "APPROVED")]
    assert states(*reviews, events=events) == {
        "1": "changes_requested",
        "2": "approved",
        "3": "approved",
    }


def test_reviews_of_github_can_ask_for_changes_whether_any_did():
    assert record(pull()).changes_requested_count == 0


def test_a_dismissed_review_of_untold_state_is_a_comment():
    gone = dismissal("PRR_9", "APPROVED") | {"review": None}
    assert states(review(1, "DISMISSED"), events=[gone]) == {"1": "commented"}


def test_a_review_that_nobody_submitted_is_none_and_neither_are_its_comments():
    found = told(pull(reviews=[review(1, "PENDING", on=None, comments=[comment(5)])]))
    assert (found.reviews, found.comments) == ([], [])


def test_the_same_review_twice_is_one():
    assert states(review(1), review(1)) == {"1": "approved"}


def test_a_review_names_who_and_whose():
    [found] = told(pull(reviews=[review(1, who="Grace")])).reviews
    assert (found.reviewer_login, found.author_login) == ("github:grace", "github:ada")
    assert found.submitted_at == day(2, 10)


def test_comments_of_lines_and_of_the_conversation_are_told_and_counted():
    of_lines = [comment(1), comment(2), comment(3, state="PENDING")]
    found = told(pull(comments=[comment(1), comment(1)], reviews=[review(1, comments=of_lines)]))
    kinds = sorted((each.kind, each.comment_id) for each in found.comments)
    assert kinds == [("issue", "1"), ("review", "1"), ("review", "2")]
    assert found.pull_request.comments_count == 3


@pytest.mark.parametrize(
    "thing",
    [
        pull(author=bot("devin-ai-integration")),
        pull(commits=[commit(email="noreply@anthropic.com")]),
        pull(commits=[commit(message="Lamp\n\nCo-authored-by: X <copilot@github.com>")]),
    ],
    ids=["author", "commit", "trailer"],
)
def test_assistants_leave_traces(thing):
    assert record(thing).ai_assistance == "assisted"


def test_people_are_no_assistants():
    thing = pull(commits=[commit(message="Lamp\n\nCo-authored-by: Bo <bo@acme.example>")])
    assert record(thing).ai_assistance == "none"


def test_a_revert_names_what_it_takes_back():
    thing = pull(9, title='Revert "Carry the lamp"', body="Reverts acme/api#7")
    assert record(thing).reverts_number == 7


def test_what_github_gave_in_part_is_put_aside_with_its_reason():
    with pytest.raises(Unreadable, match=r"in part only.*\(FORBIDDEN\)"):
        github.pull_request({"number": 7, "problems": ["FORBIDDEN"]}, API)


@pytest.mark.parametrize("key", ["number", "title", "createdAt", "reviews", "timelineItems"])
def test_a_missing_key_is_named(key):
    raw = nodes(pull())
    del raw[key]
    with pytest.raises(Unreadable, match=f"`{key}` is missing"):
        github.pull_request(raw, API)


@pytest.mark.parametrize("key", ["labels", "reviews"])
def test_lists_that_github_may_leave_null_are_empty(key):
    assert github.pull_request(nodes(pull()) | {key: None}, API).pull_request.number == 7


def test_an_unknown_state_is_said_so():
    with pytest.raises(Unreadable, match="none of OPEN, CLOSED and MERGED"):
        record(pull(state="HELD"))


def incident(**but):
    return github.incident(nodes(issue(**but)), API)


def test_an_issue_with_the_label_is_an_incident():
    found = incident(labels=["incident", "sev1"])
    assert (found.source_id, found.incident_id, found.work_scope_id) == (
        "github.com",
        "905",
        str(API.repo_id),
    )
    assert (found.status, found.severity) == ("open", "sev1")
    assert (found.started_at, found.resolved_at, found.restore_hours) == (day(5, 10), None, None)


def test_a_closed_one_is_resolved():
    found = incident(state="CLOSED", closedAt="2026-03-06T16:30:00Z")
    assert (found.status, found.resolved_at) == ("resolved", day(6, 16, 30))
    assert found.restore_hours == 30.5


def test_a_reopened_one_is_not():
    assert incident(closedAt="2026-03-06T16:30:00Z").resolved_at is None


@pytest.mark.parametrize(
    ("label", "is_severity"),
    [("P0", True), ("severity: high", True), ("SEV-2", True), ("several", False), ("api", False)],
)
def test_severities_by_their_labels(label, is_severity):
    assert incident(labels=["incident", label]).severity == (label if is_severity else None)


def test_a_pull_request_is_no_incident():
    assert github.incident(nodes(pull()), API) is None


@pytest.mark.parametrize(
    ("target", "raw", "known_by"),
    [
        ("prs", {"id": "PR_7", "number": 7}, "7"),
        ("cicd", {"id": 30}, "30"),
        ("deployments", {"__typename": "Deployment", "id": "DE_1"}, "DE_1"),
        ("deployments", {"__typename": "Release", "id": "RE_1"}, "release:RE_1"),
        ("incidents", {"id": "I_5", "fullDatabaseId": "905"}, "905"),
    ],
)
def test_a_sweep_knows_things_by_the_ids_of_their_records(target, raw, known_by):
    assert github.known_by(target, raw) == known_by


@pytest.mark.parametrize(
    ("target", "raw", "address"),
    [
        ("prs", {"number": 7}, "pull request 7"),
        ("prs", {"number": 7, "url": "https://github.com/acme/api/pull/7"}, "https://github.com/acme/api/pull/7"),
        ("cicd", {"id": 30}, "run 30"),
        ("deployments", {"id": "DE_1"}, "deployment DE_1"),
        ("incidents", {}, "issue without a number"),
        ("prs", {"number": [7], "url": 5}, "pull request 5"),
        ("prs", "what", "prs: something that is no object"),
    ],
)  # fmt: skip
def test_whatever_is_broken_can_be_named(target, raw, address):
    assert github.address(target, raw) == address

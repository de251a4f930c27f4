"""Issues with their history, and what instances and credentials keep for themselves."""

from devhealth.http import Forbidden
from devhealth.http.errors import Rejected
from tests.devhealth.connectors.github_asking import asking, numbers, on
from tests.provider.github import Hidden, Hub
from tests.provider.github_things import change, issue, milestone, minutes, pull, user

START = "2026-03-01T00:00:00Z"


def changed(count, **but):
    """Issues 1, 2, …, each changed a minute after the one before."""
    return [issue(n, updatedAt=minutes(START, n), **but) for n in range(1, count + 1)]


def labels(count):
    return [change(n, "Labeled", "2026-03-06 10:00", label={"name": f"l{n}"}) for n in range(count)]


def test_every_page_of_issues_is_read_newest_change_first():
    with asking(Hub(issues=changed(120), pulls=[pull(500)])) as github:
        assert numbers(github.items("work_items")) == list(range(120, 0, -1))
        assert github.requests == 2


def test_a_sync_without_new_issues_is_one_request():
    with asking(Hub(issues=changed(120))) as github:
        assert github.items("work_items", on(2)) == []
        assert github.requests == 1


def test_an_issue_comes_with_all_that_belongs_to_it():
    thing = issue(
        labels=["bug"],
        assignees=[user("ada")],
        timelineItems=[
            change(1, "Assigned", "2026-03-05 11:00", assignee=user("ada")),
            change(2, "Transferred", "2026-03-05 12:00", fromRepository=None),
        ],
        milestone=milestone(),
        issueType={"name": "Bug"},
        parent=issue(4),
        stateReason="REOPENED",
    )
    with asking(Hub(issues=[thing])) as github:
        [found] = github.items("work_items")
    assert found["timelineItems"]["nodes"][0]["assignee"]["login"] == "ada"
    assert (found["issueType"], found["parent"]) == ({"name": "Bug"}, {"fullDatabaseId": "904"})
    assert (found["stateReason"], found["milestone"]["id"]) == ("REOPENED", "MI_Spring")


def test_a_long_history_is_read_to_its_end():
    world = [issue(1, timelineItems=labels(250), labels=[f"l{n}" for n in range(60)])]
    with asking(Hub(issues=world)) as github:
        [found] = github.items("work_items")
    assert len(found["timelineItems"]["nodes"]) == 250
    assert len(found["labels"]["nodes"]) == 60
    assert github.requests == 4


def test_issues_of_a_window_of_the_past_are_searched_for():
    world = [issue(n, on=f"2026-03-0{n} 10:00") for n in range(1, 6)]
    with asking(Hub(issues=world, pulls=changed(1))) as github:
        assert numbers(github.items("work_items", on(2), on(4))) == [2, 3]
        assert github.requests == 1
        windows = [(None, on(3)), (on(3), on(5)), (on(5), None)]
        found = [each for window in windows for each in github.items("work_items", *window)]
    assert sorted(numbers(found)) == [1, 2, 3, 4, 5]


def test_a_page_that_takes_too_long_is_halved():
    hub = Hub(issues=changed(7))
    hub.issues[3]["is_heavy"] = True
    with asking(hub) as github:
        found = github.items("work_items")
    assert sorted(numbers(found)) == list(range(1, 8))
    assert [each["number"] for each in found if "problems" in each] == [4]


def test_what_an_enterprise_does_not_know_is_left_out_once():
    unknown = ("Issue.issueType", "Issue.parent", "Issue.stateReason.enableDuplicate")
    with asking(Hub(issues=changed(120, stateReason="NOT_PLANNED"), unknown=unknown)) as github:
        found = github.items("work_items")
        assert len(found) == 120
        assert found[0]["stateReason"] == "NOT_PLANNED"
        assert github.requests == 3
        assert [each.split("`")[1] for each in github.connector.notes] == [
            "enableDuplicate", "issueType", "parent",
        ]  # fmt: skip


def test_what_is_not_optional_is_not_left_out():
    with asking(Hub(issues=changed(1), unknown=("Issue.title",))) as github:
        error = github.error("work_items")
    assert isinstance(error, Rejected)


def test_a_parent_that_may_not_be_seen_is_none():
    with asking(Hub(issues=[issue(1, parent=Hidden())])) as github:
        [found] = github.items("work_items")
    assert (found["number"], found["parent"]) == (1, None)
    assert github.requests == 1


def test_issues_that_a_pull_request_closes_are_told_as_far_as_they_may_be_seen():
    closing = [issue(1), Hidden(), issue(2, repository={"nameWithOwner": "acme/web"})]
    world = [
        pull(7, closingIssuesReferences=closing),
        pull(8, closingIssuesReferences=Hidden()),
    ]
    with asking(Hub(pulls=world)) as github:
        found = {each["number"]: each["closingIssuesReferences"] for each in github.items("prs")}
    assert [each and each["number"] for each in found[7]["nodes"]] == [1, None, 2]
    assert found[7]["nodes"][2]["repository"] == {"nameWithOwner": "acme/web"}
    assert found[8] is None
    assert github.requests == 1


def test_a_repository_whose_issues_may_not_be_seen_is_forbidden():
    hub = Hub()
    hub.repository = lambda **_: {"issues": Hidden()}
    with asking(hub) as github:
        assert isinstance(github.error("work_items"), Forbidden)


def test_a_sweep_of_issues_asks_for_ids_alone():
    with asking(Hub(issues=changed(120))) as github:
        found = github.ids("work-items")
    assert {each["fullDatabaseId"] for each in found} == {str(900 + n) for n in range(1, 121)}
    assert set(found[0]) == {"id", "fullDatabaseId"}
    assert github.requests == 2

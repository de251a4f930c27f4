"""Which deployment a change first reached people by."""

import pytest

from devhealth.models.records import Deployment, DeploymentChange
from tests.devhealth.delivery.things import (
    MERGES,
    OWNED,
    RELEASES,
    deployed,
    landed,
    of,
    pull,
    resolved,
)

# Monday: #1 and #2; Tuesday: #3. Each is one commit on the branch, by a merge or squash.
BRANCH = [
    landed("c0", "2026-01-05 08:00"),
    landed("c1", "2026-01-05 10:00", parents=2),
    landed("c2", "2026-01-05 12:00", parents=2),
    landed("c3", "2026-01-06 10:00", parents=2),
]
PULLS = [
    pull(1, "2026-01-05 10:00:01", "c1"),
    pull(2, "2026-01-05 12:00:01", "c2"),
    pull(3, "2026-01-06 10:00:01", "c3"),
]
FIRST = deployed("first", "2026-01-05 09:00", "c0")


def carried(*things, directory=None, branch=BRANCH, pulls=PULLS):
    """Change → deployment, by environment where it is not production."""
    found = resolved([*branch, *pulls, *things], directory)[DeploymentChange]
    return {
        row["change_id"]
        if row["environment"] == "production"
        else (row["environment"], row["change_id"]): row["deployment_id"]
        for row in found.to_dicts()
    }


def changes(*things, **more):
    return {
        row["change_id"]: row
        for row in resolved([*BRANCH, *PULLS, *things], **more)[DeploymentChange].to_dicts()
    }


def test_a_first_deployment_carries_nothing():
    assert carried(deployed("first", "2026-01-06 09:00", "c3")) == {}


def test_a_change_belongs_to_the_first_success_that_contains_it():
    later = [deployed("a", "2026-01-05 13:00", "c2"), deployed("b", "2026-01-06 11:00", "c3")]
    assert carried(FIRST, *later) == {"#1": "a", "#2": "a", "#3": "b"}


@pytest.mark.parametrize("status", ["failed", "cancelled", "pending"])
def test_what_did_not_succeed_brought_nothing(status):
    failed = deployed("a", "2026-01-05 13:00", "c2", status=status)
    assert carried(FIRST, failed, deployed("b", "2026-01-06 11:00", "c3")) == {
        "#1": "b", "#2": "b", "#3": "b",
    }  # fmt: skip


def test_a_redeploy_of_the_same_or_an_older_commit_carries_nothing():
    again = [
        deployed("a", "2026-01-05 13:00", "c2"),
        deployed("same", "2026-01-05 14:00", "c2"),
        deployed("back", "2026-01-05 15:00", "c1"),
        deployed("b", "2026-01-06 11:00", "c3"),
    ]
    assert carried(FIRST, *again) == {"#1": "a", "#2": "a", "#3": "b"}


def test_environments_are_apart():
    both = [
        deployed("s0", "2026-01-05 09:00", "c0", environment="staging"),
        deployed("s1", "2026-01-05 11:00", "c1", environment="staging"),
        deployed("p1", "2026-01-05 13:00", "c2"),
    ]
    assert carried(FIRST, *both) == {("staging", "#1"): "s1", "#1": "p1", "#2": "p1"}


def test_leads_are_from_the_first_commit_and_from_the_merge():
    found = changes(FIRST, deployed("a", "2026-01-05 13:00", "c2"))
    # #1 was begun a day before it was merged, at 10:00:01; deployed at 13:00.
    assert found["#1"]["lead_merge_hours"] == pytest.approx(3 - 1 / 3600, abs=1e-6)
    assert found["#1"]["lead_first_commit_hours"] == pytest.approx(27 - 1 / 3600, abs=1e-6)


def test_what_was_deployed_itself_is_known_the_rest_is_inferred():
    found = changes(FIRST, deployed("a", "2026-01-05 13:00", "c2"))
    assert (found["#2"]["basis"], found["#1"]["basis"]) == ("native", "heuristic")


def test_a_change_counts_for_its_own_team():
    pulls = [pull(1, "2026-01-05 10:00:01", "c1", team_id="web")]
    found = resolved([*BRANCH, *pulls, FIRST, deployed("a", "2026-01-05 13:00", "c1")])
    assert found[DeploymentChange]["team_id"].to_list() == ["web"]


def test_commits_that_no_pull_request_brought_are_changes():
    branch = [
        *BRANCH,
        landed("mine", "2026-01-05 11:00"),
        landed("merge", "2026-01-05 11:30", parents=2),
    ]
    assert carried(FIRST, deployed("a", "2026-01-05 13:00", "c2"), branch=branch) == {
        "#1": "a", "#2": "a", "mine": "a",
    }  # fmt: skip


def test_commits_of_a_merged_pull_request_are_not():
    branch = [*BRANCH, landed("x", "2026-01-05 09:30"), landed("y", "2026-01-05 09:40")]
    things = [*of(1, "x", "y"), FIRST, deployed("a", "2026-01-05 13:00", "c1")]
    assert carried(*things, branch=branch) == {"#1": "a"}


def test_commits_of_one_that_was_never_merged_are():
    branch, pulls = [*BRANCH, landed("x", "2026-01-05 09:30")], [*PULLS, pull(9)]
    things = [*of(9, "x"), FIRST, deployed("a", "2026-01-05 13:00", "c1")]
    assert carried(*things, branch=branch, pulls=pulls) == {"#1": "a", "x": "a"}


def test_commits_that_were_made_anew_of_a_pull_requests_belong_to_it():
    """A rebase: two new commits in one second, of which the provider names the last."""
    branch = [
        BRANCH[0],
        landed("older", "2026-01-05 09:50"),
        landed("r1", "2026-01-05 10:00"),
        landed("r2", "2026-01-05 10:00"),
    ]
    pulls = [pull(1, "2026-01-05 10:00:01", "r2", commits_count=2)]
    things = [*of(1, "x1", "x2"), FIRST, deployed("a", "2026-01-05 13:00", "r2")]
    assert carried(*things, branch=branch, pulls=pulls) == {"#1": "a", "older": "a"}


def test_two_merges_of_one_second_come_with_the_deployment_of_either():
    branch = [BRANCH[0], landed("c1", "2026-01-05 10:00"), landed("c2", "2026-01-05 10:00")]
    pulls = [pull(1, "2026-01-05 10:00:01", "c1"), pull(2, "2026-01-05 10:00:01", "c2")]
    either = deployed("a", "2026-01-05 11:00", "c2")
    assert carried(FIRST, either, branch=branch, pulls=pulls) == {"#1": "a", "#2": "a"}


def test_two_merges_of_one_second_that_were_both_deployed_are_told_apart():
    branch = [BRANCH[0], landed("z1", "2026-01-05 10:00"), landed("a2", "2026-01-05 10:00")]
    pulls = [pull(1, "2026-01-05 10:00:01", "z1"), pull(2, "2026-01-05 10:00:01", "a2")]
    both = [deployed("a", "2026-01-05 11:00", "z1"), deployed("b", "2026-01-05 12:00", "a2")]
    assert carried(FIRST, *both, branch=branch, pulls=pulls) == {"#1": "a", "#2": "b"}


def test_a_branch_that_was_deployed_before_it_was_merged_has_no_place():
    """`x` is of #3 and went to production on Monday; #3 was merged on Tuesday."""
    branch = [*BRANCH, landed("x", "2026-01-05 11:00")]
    early = deployed("early", "2026-01-05 13:00", "x")
    things = [*of(3, "x"), FIRST, early, deployed("b", "2026-01-06 11:00", "c3")]
    assert carried(*things, branch=branch) == {"#1": "b", "#2": "b", "#3": "b"}


def test_a_fast_forward_has_the_place_of_its_pull_request():
    """GitLab names no merge commit: the deployed head is one of the pull request's own."""
    branch = [BRANCH[0], landed("h", "2026-01-05 07:00")]
    pulls = [pull(1, "2026-01-05 10:00")]
    things = [*of(1, "h"), FIRST, deployed("a", "2026-01-05 11:00", "h")]
    assert carried(*things, branch=branch, pulls=pulls) == {"#1": "a"}


def test_a_commit_that_is_on_no_branch_we_know_has_no_place():
    hotfix = deployed("hotfix", "2026-01-05 13:00", "elsewhere", ref="hotfix")
    assert carried(FIRST, hotfix) == {}


def test_a_commit_of_the_branch_that_is_not_stored_yet_is_where_it_was_asked_for():
    newest = deployed("a", "2026-01-05 13:30", "unseen", created="2026-01-05 13:00")
    assert carried(FIRST, newest) == {"#1": "a", "#2": "a"}


def test_without_git_the_merges_of_pull_requests_are_the_branch():
    things = [
        deployed("first", "2026-01-05 09:00", "u0", ref="u0"),
        deployed("a", "2026-01-05 13:00", "c2", ref="c2"),
    ]
    assert carried(*things, branch=[]) == {"#1": "a", "#2": "a"}


def test_pull_requests_into_other_branches_are_no_changes():
    pulls = [*PULLS, pull(8, "2026-01-05 11:00", "elsewhere", is_into_default=False)]
    assert "#8" not in carried(FIRST, deployed("a", "2026-01-05 13:00", "c2"), pulls=pulls)


def test_only_what_the_organisation_counts_brings_changes():
    released = deployed("release:1", "2026-01-05 13:00", "c2", kind="release")
    assert carried(FIRST, released) == {}
    assert carried(
        deployed("release:0", "2026-01-05 09:00", "c0", kind="release"),
        released,
        directory=RELEASES,
    ) == {"#1": "release:1", "#2": "release:1"}


# --- merges as deployments ------------------------------------------------------------------------


def test_a_merge_brings_what_it_merged_the_first_one_too():
    assert carried(directory=MERGES) == {"#1": "merge:1", "#2": "merge:2", "#3": "merge:3"}


def test_a_merge_is_a_deployment_of_production_when_it_was_merged():
    found = resolved([*BRANCH, *PULLS], MERGES)[Deployment].to_dicts()[0]
    assert found["deployment_id"] == "merge:1"
    assert (found["environment"], found["is_production"], found["is_counted"]) == (
        "production", True, True,
    )  # fmt: skip
    assert found["finished_at"] == PULLS[0].merged_at
    assert (found["status"], found["commit_hash"], found["kind"]) == ("success", "c1", "merge")


def test_where_merges_count_nothing_else_does():
    found = resolved([*BRANCH, *PULLS, FIRST], MERGES)[Deployment]
    assert found.filter("is_counted")["kind"].unique().to_list() == ["merge"]


def test_deployments_are_of_the_team_that_owns_the_repository():
    assert resolved([FIRST], OWNED)[Deployment]["team_id"].to_list() == ["web"]

"""What is asked of GitHub's GraphQL. Source: docs.github.com/graphql.

A connection is written once: inside its page of things with a small `first`, and by `following`
alone, a hundred at a time, where that was not enough. A page of 50 pull requests may hold some
15,000 nodes (500,000 are allowed) and costs 11 points of 5,000 an hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass

MOST = 100  # nodes of a connection in one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A list below a thing; `size` is how many come with the thing itself."""

    field: str
    size: int
    nodes: str
    arguments: str = ""
    told: str = ""

    def text(self, first: int, place: int | None = None) -> str:
        """With a `place` it goes on after `$after0`, `$after1`, …"""
        after = "" if place is None else f", after: $after{place}"
        return (
            f"{self.field}(first: {first}{after}{self.arguments}) "
            f"{{ {self.told}pageInfo {{ hasNextPage endCursor }} nodes {{ {self.nodes} }} }}"
        )


_WHO = "{ __typename login ... on User { name } }"
_SAID = f"fullDatabaseId createdAt author {_WHO}"
_REVIEW_COMMENTS = Connection(field="comments", size=10, nodes=f"{_SAID} state")
_EVENTS = "READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, REVIEW_DISMISSED_EVENT"

CONNECTIONS: Mapping[str, tuple[Connection, ...]] = {
    "PullRequest": (
        Connection(field="labels", size=20, nodes="name"),
        Connection(
            field="reviews",
            size=15,
            nodes=f"__typename id fullDatabaseId state submittedAt author {_WHO} "
            + _REVIEW_COMMENTS.text(_REVIEW_COMMENTS.size),
        ),
        Connection(field="comments", size=20, nodes=_SAID),
        Connection(
            field="commits",
            size=30,
            told="totalCount ",
            nodes="commit { oid message authoredDate author { name email } }",
        ),
        Connection(
            field="timelineItems",
            size=10,
            arguments=f", itemTypes: [{_EVENTS}]",
            nodes="__typename ... on ReadyForReviewEvent { createdAt } "
            "... on ConvertToDraftEvent { createdAt } "
            "... on ReviewDismissedEvent { createdAt previousReviewState review { id } }",
        ),
    ),
    "PullRequestReview": (_REVIEW_COMMENTS,),
    "Deployment": (Connection(field="statuses", size=10, nodes="id state createdAt logUrl"),),
    "CheckSuite": (
        Connection(
            field="checkRuns",
            size=30,
            arguments=", filterBy: { checkType: ALL }",
            nodes="startedAt completedAt conclusion",
        ),
    ),
    "Issue": (Connection(field="labels", size=20, nodes="name"),),
}
"""By type: its lists, which `following` reads on."""

NESTED: Mapping[str, tuple[str, ...]] = {"PullRequest": ("reviews",)}
"""By type: those of its lists whose things have lists themselves."""


def _lists(of: str, *, few: bool = False) -> str:
    return " ".join(each.text(5 if few else each.size) for each in CONNECTIONS[of])


def _pull_request(*, few: bool = False) -> str:
    return (
        "__typename id number title url state isDraft body createdAt updatedAt mergedAt closedAt "
        "baseRefName headRefName additions deletions changedFiles mergeCommit { oid } "
        f"author {_WHO} {_lists('PullRequest', few=few)}"
    )


_DEPLOYMENT = "__typename id environment createdAt updatedAt commitOid ref { name } " + _lists(
    "Deployment"
)
_RELEASE = "__typename id tagName url isDraft isPrerelease createdAt publishedAt tagCommit { oid }"
_ISSUE = (
    "__typename id fullDatabaseId number title url state createdAt updatedAt closedAt "
    + _lists("Issue")
)
_PAGE = "pageInfo { hasNextPage endCursor }"
_NEWEST = "orderBy: { field: %s, direction: DESC }"
_OF = "$owner: String!, $name: String!, $first: Int!, $after: String"


def _listed(field: str, arguments: str, nodes: str, variables: str = "") -> str:
    return (
        f"query({_OF}{variables}) {{ repository(owner: $owner, name: $name) {{ "
        f"{field}(first: $first, after: $after{arguments}) {{ {_PAGE} nodes {{ {nodes} }} }} }} }}"
    )


_BY_UPDATE = f", {_NEWEST % 'UPDATED_AT'}"
_BY_CREATION = f", {_NEWEST % 'CREATED_AT'}"
_OLDEST = ", orderBy: { field: CREATED_AT, direction: ASC }"

PULL_REQUESTS = _listed("pullRequests", _BY_UPDATE, _pull_request())
PULL_REQUEST_NUMBERS = _listed("pullRequests", _BY_UPDATE, "number url")
PULL_REQUEST_IDS = _listed("pullRequests", _OLDEST, "number")
PULL_REQUEST = (
    "query($owner: String!, $name: String!, $number: Int!) { "
    f"repository(owner: $owner, name: $name) {{ pullRequest(number: $number) {{ "
    f"{_pull_request(few=True)} }} }} }}"
)


def _searched(nodes: str) -> str:
    return (
        "query($query: String!, $first: Int!, $after: String) { "
        "search(type: ISSUE, query: $query, first: $first, after: $after) "
        f"{{ issueCount {_PAGE} nodes {{ ... on PullRequest {{ {nodes} }} }} }} }}"
    )


SEARCHED = _searched(_pull_request())
SEARCHED_NUMBERS = _searched("number url")

DEPLOYMENTS = _listed("deployments", _BY_CREATION, _DEPLOYMENT)
DEPLOYMENT_TIMES = _listed("deployments", _BY_CREATION, "id createdAt")
DEPLOYMENT_IDS = _listed("deployments", _OLDEST, "__typename id")
RELEASES = _listed("releases", _BY_CREATION, _RELEASE)
RELEASE_IDS = _listed("releases", _OLDEST, "__typename id")
ISSUES = _listed(
    "issues",
    f"{_BY_UPDATE}, labels: $labels, filterBy: {{ since: $since }}",
    _ISSUE,
    ", $labels: [String!], $since: DateTime",
)
ISSUE_IDS = _listed(
    "issues", f"{_OLDEST}, labels: $labels", "fullDatabaseId", ", $labels: [String!]"
)
DEPLOYMENTS_BY_ID = (
    f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Deployment {{ {_DEPLOYMENT} }} }} }}"
)
CHECK_SUITES = (
    "query($ids: [ID!]!) { nodes(ids: $ids) "
    f"{{ ... on CheckSuite {{ __typename id {_lists('CheckSuite')} }} }} }}"
)
REPOSITORIES = (
    "query($owner: String!, $first: Int!, $after: String) { repositoryOwner(login: $owner) { "
    "repositories(first: $first, after: $after, ownerAffiliations: [OWNER], "
    f"orderBy: {{ field: NAME, direction: ASC }}) {{ {_PAGE} "
    "nodes { nameWithOwner isArchived isFork isDisabled } } } }"
)


def following(wanted: list[tuple[str, str]]) -> str:
    """The next hundred of several lists at once, each (type, field) under `a0`, `a1`, …

    Its variables are `$id0` and `$after0`, `$id1` and `$after1`, …
    """
    variables = ", ".join(f"$id{i}: ID!, $after{i}: String" for i in range(len(wanted)))
    asked = " ".join(
        f"a{i}: node(id: $id{i}) {{ ... on {of} {{ {_connection(of, field).text(MOST, i)} }} }}"
        for i, (of, field) in enumerate(wanted)
    )
    return f"query({variables}) {{ {asked} }}"


def _connection(of: str, field: str) -> Connection:
    return next(each for each in CONNECTIONS[of] if each.field == field)

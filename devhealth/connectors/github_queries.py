"""What is asked of GitHub's GraphQL. Source: docs.github.com/graphql.

A connection is written once: inside its page of things with a small `first`, and by `following`
alone, a hundred at a time, where that was not enough. A page of 50 pull requests may hold some
12,000 nodes (500,000 are allowed) and costs 10 points of 5,000 an hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

MOST = 100  # nodes of a connection in one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A list below a thing; `size` is how many come with the thing itself."""

    field: str
    size: int
    nodes: str
    arguments: str = ""
    told: str = ""
    has_lists: bool = False

    def text(self, first: int, place: int | None = None) -> str:
        """With a `place` it goes on after `$after0`, `$after1`, …"""
        after = "" if place is None else f", after: $after{place}"
        return (
            f"{self.field}(first: {first}{after}{self.arguments}) "
            f"{{ {self.told}pageInfo {{ hasNextPage endCursor }} nodes {{ {self.nodes} }} }}"
        )


_REVIEWS = 15  # of a pull request at once; each has a list of its own
_WHO = "{ __typename login ... on User { name } }"
_SAID = f"fullDatabaseId createdAt author {_WHO}"
_REVIEW_COMMENTS = Connection(field="comments", size=10, nodes=f"{_SAID} state")
_EVENTS = "READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, REVIEW_DISMISSED_EVENT"

CONNECTIONS: Mapping[str, tuple[Connection, ...]] = {
    "PullRequest": (
        Connection(field="labels", size=20, nodes="name"),
        Connection(
            field="reviews",
            size=_REVIEWS,
            has_lists=True,
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


def _lists(of: str, *, few: bool = False) -> str:
    return " ".join(each.text(5 if few else each.size) for each in CONNECTIONS[of])


def _pull_request(*, few: bool = False) -> str:
    return (
        "__typename id number title url state isDraft body createdAt updatedAt mergedAt closedAt "
        "baseRefName headRefName additions deletions changedFiles mergeCommit { oid } "
        f"author {_WHO} {_lists('PullRequest', few=few)}"
    )


_FIELDS = {
    "PullRequest": _pull_request(),
    "Deployment": "__typename id environment createdAt updatedAt commitOid ref { name } "
    + _lists("Deployment"),
    "Release": "__typename id tagName url isDraft isPrerelease createdAt publishedAt "
    "tagCommit { oid }",
    "Issue": "__typename id fullDatabaseId number title url state createdAt updatedAt closedAt "
    + _lists("Issue"),
}
_NAMES = {
    "PullRequest": "id number url updatedAt",
    "Deployment": "id createdAt",
    "Release": "id url createdAt",
    "Issue": "id number url updatedAt",
}
_PAGE = "pageInfo { hasNextPage endCursor }"
_OF = "$owner: String!, $name: String!, $first: Int!, $after: String"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of things, and three ways to ask for it."""

    path: tuple[str, ...]
    """Where it lies in the data."""
    full: str
    names: str
    """What a page is of, and no more: next to nothing for GitHub to do."""
    alone: str
    """One thing, by its `$id`."""
    size: int = MOST
    """How many at once, at first."""
    lists: int = 0
    """How many connections a thing has, those of its own things included."""

    def points(self, first: int) -> int:
        """What a page costs: a hundred connections are a point."""
        return max(1, round((1 + first * self.lists) / 100))


def _page(field: str, fields: str, arguments: str, variables: str = "") -> str:
    return (
        f"query({_OF}{variables}) {{ repository(owner: $owner, name: $name) {{ "
        f"{field}(first: $first, after: $after, {arguments}) "
        f"{{ {_PAGE} nodes {{ {fields} }} }} }} }}"
    )


def _search(fields: str) -> str:
    return (
        "query($query: String!, $first: Int!, $after: String) { "
        "search(type: ISSUE, query: $query, first: $first, after: $after) "
        f"{{ issueCount {_PAGE} nodes {{ ... on PullRequest {{ {fields} }} }} }} }}"
    )


def _alone(of: str, fields: str) -> str:
    return f"query($id: ID!) {{ node(id: $id) {{ ... on {of} {{ {fields} }} }} }}"


def _newest(of: str, field: str, order: str, arguments: str = "", variables: str = "") -> Listing:
    ordered = f"orderBy: {{ field: {order}, direction: DESC }}{arguments}"
    return Listing(
        path=("repository", field),
        full=_page(field, _FIELDS[of], ordered, variables),
        names=_page(field, _NAMES[of], ordered, variables),
        alone=_alone(of, _FIELDS[of]),
        lists=len(CONNECTIONS.get(of, ())),
    )


def _identities(
    of: str, field: str, fields: str, arguments: str = "", variables: str = ""
) -> Listing:
    """Oldest first: what comes while it is read comes last."""
    ordered = f"orderBy: {{ field: CREATED_AT, direction: ASC }}{arguments}"
    query = _page(field, fields, ordered, variables)
    return Listing(path=("repository", field), full=query, names=query, alone=_alone(of, fields))


PULL_REQUESTS = replace(
    _newest("PullRequest", "pullRequests", "UPDATED_AT"),
    alone=_alone("PullRequest", _pull_request(few=True)),
    size=50,
    lists=len(CONNECTIONS["PullRequest"]) + _REVIEWS,
)
FOUND_PULL_REQUESTS = replace(
    PULL_REQUESTS,
    path=("search",),
    full=_search(_FIELDS["PullRequest"]),
    names=_search(_NAMES["PullRequest"]),
)
DEPLOYMENTS = _newest("Deployment", "deployments", "CREATED_AT")
RELEASES = _newest("Release", "releases", "CREATED_AT")
ISSUES = _newest(
    "Issue",
    "issues",
    "UPDATED_AT",
    ", labels: $labels, filterBy: { since: $since }",
    ", $labels: [String!], $since: DateTime",
)

PULL_REQUEST_IDENTITIES = _identities("PullRequest", "pullRequests", "id number")
DEPLOYMENT_IDENTITIES = _identities("Deployment", "deployments", "__typename id")
RELEASE_IDENTITIES = _identities("Release", "releases", "__typename id")
ISSUE_IDENTITIES = _identities(
    "Issue", "issues", "id fullDatabaseId", ", labels: $labels", ", $labels: [String!]"
)

DEPLOYMENTS_BY_ID = (
    f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Deployment {{ {_FIELDS['Deployment']} "
    "} } }"
)
CHECK_SUITES = (
    "query($ids: [ID!]!) { nodes(ids: $ids) "
    f"{{ ... on CheckSuite {{ __typename id {_lists('CheckSuite')} }} }} }}"
)
_REPOSITORIES = (
    "query($owner: String!, $first: Int!, $after: String) { repositoryOwner(login: $owner) { "
    "repositories(first: $first, after: $after, ownerAffiliations: [OWNER], "
    f"orderBy: {{ field: NAME, direction: ASC }}) {{ {_PAGE} "
    "nodes { id nameWithOwner isArchived isFork isDisabled } } } }"
)
REPOSITORIES = Listing(
    path=("repositoryOwner", "repositories"),
    full=_REPOSITORIES,
    names=_REPOSITORIES,
    alone=_alone("Repository", "nameWithOwner isArchived isFork isDisabled"),
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

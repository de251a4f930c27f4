"""What is asked of GitHub's GraphQL. Source: docs.github.com/graphql.

A connection is written once: inside its page of things with a small `first`, and by `following`
alone, a hundred at a time, where that was not enough. A page of 50 pull requests may hold some
12,000 nodes (500,000 are allowed) and costs 11 points of 5,000 an hour; one of 100 issues with
their history 3.

Enterprises of other years lack fields. `OPTIONAL` ones are left out then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

MOST = 100  # nodes of a connection in one answer

OPTIONAL: Mapping[str, str] = {
    "enableDuplicate": "(enableDuplicate: true)",
    "issueType": "issueType { name }",
    "parent": "parent { fullDatabaseId }",
}
"""By the name that an instance may not know: what stands in queries because of it."""

ASIDE = frozenset({"closingIssuesReferences", "fromRepository", "issueType", "parent"})
"""What a thing is whole without: it tells of others, which may be hidden from the credential."""


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
_HOLDER = "{ __typename ... on Actor { login } ... on User { name } }"
_EVENTS = "READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, REVIEW_DISMISSED_EVENT"
_CHANGES = {
    "LabeledEvent": "label { name }",
    "UnlabeledEvent": "label { name }",
    "AssignedEvent": f"assignee {_HOLDER}",
    "UnassignedEvent": f"assignee {_HOLDER}",
    "ClosedEvent": "stateReason",
    "ReopenedEvent": "",
    "MilestonedEvent": "milestoneTitle",
    "DemilestonedEvent": "milestoneTitle",
    "TransferredEvent": "fromRepository { nameWithOwner }",
}
_CHANGE_TYPES = ", ".join(f"{name.removesuffix('Event').upper()}_EVENT" for name in _CHANGES)

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
            nodes="commit { oid message authoredDate committedDate author { name email } }",
        ),
        Connection(
            field="timelineItems",
            size=10,
            arguments=f", itemTypes: [{_EVENTS}]",
            nodes="__typename ... on ReadyForReviewEvent { createdAt } "
            "... on ConvertToDraftEvent { createdAt } "
            "... on ReviewDismissedEvent { createdAt previousReviewState review { id } }",
        ),
        Connection(
            field="closingIssuesReferences",
            size=10,
            nodes="number repository { nameWithOwner }",
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
    "Issue": (
        Connection(field="labels", size=20, nodes="name"),
        Connection(field="assignees", size=10, nodes="__typename login name"),
        Connection(
            field="timelineItems",
            size=30,
            arguments=f", itemTypes: [{_CHANGE_TYPES}]",
            nodes="__typename "
            + " ".join(
                f"... on {kind} {{ id createdAt actor {_WHO} {more} }}"
                for kind, more in _CHANGES.items()
            ),
        ),
    ),
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


_ISSUE = "__typename id fullDatabaseId number title url state createdAt updatedAt closedAt"
_FIELDS = {
    "PullRequest": _pull_request(),
    "Deployment": "__typename id environment createdAt updatedAt commitOid ref { name } "
    + _lists("Deployment"),
    "Release": "__typename id tagName url isDraft isPrerelease createdAt publishedAt "
    "tagCommit { oid }",
    "Issue": f"{_ISSUE} stateReason{OPTIONAL['enableDuplicate']} {OPTIONAL['issueType']} "
    f"{OPTIONAL['parent']} milestone {{ id title state dueOn closedAt }} author {_WHO} "
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


def _search(of: str, fields: str) -> str:
    return (
        "query($query: String!, $first: Int!, $after: String) { "
        "search(type: ISSUE, query: $query, first: $first, after: $after) "
        f"{{ issueCount {_PAGE} nodes {{ ... on {of} {{ {fields} }} }} }} }}"
    )


def _found(listing: "Listing", of: str) -> "Listing":
    """The same things, by GitHub's search."""
    full, names = _search(of, _FIELDS[of]), _search(of, _NAMES[of])
    return replace(listing, path=("search",), full=full, names=names)


def _alone(of: str, fields: str) -> str:
    return f"query($id: ID!) {{ node(id: $id) {{ ... on {of} {{ {fields} }} }} }}"


def _newest(
    of: str, field: str, order: str, arguments: str = "", variables: str = "", fields: str = ""
) -> Listing:
    """`fields`: less than all that is asked of such things."""
    ordered, asked = f"orderBy: {{ field: {order}, direction: DESC }}{arguments}", _FIELDS[of]
    return Listing(
        path=("repository", field),
        full=_page(field, fields or asked, ordered, variables),
        names=_page(field, _NAMES[of], ordered, variables),
        alone=_alone(of, fields or asked),
        lists=1 if fields else len(CONNECTIONS.get(of, ())),
    )


def _identities(
    of: str, field: str, fields: str, arguments: str = "", variables: str = ""
) -> Listing:
    """Oldest first: what comes while it is read comes last."""
    ordered = f"orderBy: {{ field: CREATED_AT, direction: ASC }}{arguments}"
    query = _page(field, fields, ordered, variables)
    return Listing(path=("repository", field), full=query, names=query, alone=_alone(of, fields))


_LABELLED = f"{_ISSUE} {CONNECTIONS['Issue'][0].text(20)}"
PULL_REQUESTS = replace(
    _newest("PullRequest", "pullRequests", "UPDATED_AT"),
    alone=_alone("PullRequest", _pull_request(few=True)),
    size=50,
    lists=len(CONNECTIONS["PullRequest"]) + _REVIEWS,
)
FOUND_PULL_REQUESTS = _found(PULL_REQUESTS, "PullRequest")
DEPLOYMENTS = _newest("Deployment", "deployments", "CREATED_AT")
RELEASES = _newest("Release", "releases", "CREATED_AT")
WORK_ITEMS = _newest(
    "Issue", "issues", "UPDATED_AT", ", filterBy: { since: $since }", ", $since: DateTime"
)
FOUND_WORK_ITEMS = _found(WORK_ITEMS, "Issue")
ISSUES = _newest(
    "Issue",
    "issues",
    "UPDATED_AT",
    ", labels: $labels, filterBy: { since: $since }",
    ", $labels: [String!], $since: DateTime",
    _LABELLED,
)

PULL_REQUEST_IDENTITIES = _identities("PullRequest", "pullRequests", "id number")
DEPLOYMENT_IDENTITIES = _identities("Deployment", "deployments", "__typename id")
RELEASE_IDENTITIES = _identities("Release", "releases", "__typename id")
ISSUE_IDENTITIES = _identities(
    "Issue", "issues", "id fullDatabaseId", ", labels: $labels", ", $labels: [String!]"
)
WORK_ITEM_IDENTITIES = _identities("Issue", "issues", "id fullDatabaseId")


def _by_ids(of: str, fields: str) -> str:
    return f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {of} {{ {fields} }} }} }}"


PULL_REQUESTS_BY_ID = _by_ids("PullRequest", _FIELDS["PullRequest"])
WORK_ITEMS_BY_ID = _by_ids("Issue", _FIELDS["Issue"])
ISSUES_BY_ID = _by_ids("Issue", _LABELLED)
DEPLOYMENTS_BY_ID = _by_ids("Deployment", _FIELDS["Deployment"])
RELEASES_BY_ID = _by_ids("Release", _FIELDS["Release"])
CHECK_SUITES = _by_ids("CheckSuite", f"__typename id {_lists('CheckSuite')}")
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


def numbered(field: str, numbers: Sequence[int]) -> str:
    """Ids of pull requests (`pullRequest`) or issues (`issue`) of a repository, each under `n7`."""
    asked = " ".join(f"n{each}: {field}(number: {each}) {{ id }}" for each in numbers)
    return (
        "query($owner: String!, $name: String!) "
        f"{{ repository(owner: $owner, name: $name) {{ {asked} }} }}"
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


def without(query: str, names: frozenset[str]) -> str:
    """As an instance takes it that does not know these `OPTIONAL` names."""
    for name in sorted(names):
        query = query.replace(OPTIONAL[name], "")
    return query

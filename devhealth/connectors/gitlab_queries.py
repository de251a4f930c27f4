"""What GraphQL is asked. Source: docs.gitlab.com/api/graphql/reference.

GitLab refuses a query of more than 200 points (250 for who has signed in). A field costs 1, one
that reads git 2, a list that a resolver makes as many percent more as it may hold things; lists of
merge requests that are asked for by number cost nothing more. `details` has 55, however many;
`activity` 93, as discussions cost 5 % more for each that a page may hold.

Instances of other years lack fields. `OPTIONAL` ones are left out then.
"""

from typing import Final

MOST: Final = 100  # things in a connection
_DISCUSSED: Final = 50  # changes of an issue at once

ISSUE_EVENTS: Final = ("label_events", "state_events")
"""What REST's notes of an issue do not tell."""

OPTIONAL: Final = {
    "authorEmail": "authorEmail",
    "commitCount": "commitCount",
    "committedDate": "committedDate",
    "diffStatsSummary": "diffStatsSummary { additions deletions fileCount }",
    "metadata": "metadata { version }",
    "name": "name",
    "position": "position { filePath }",
    "resolvable": "resolvable",
    "source": "source",
}
_PAGE = "pageInfo { hasNextPage endCursor }"

Without = frozenset[str]


def details(without: Without) -> str:
    """Of merge requests by number: `$path`, `$iids`, `$first` (as many)."""
    return f"""query($path: ID!, $iids: [String!], $first: Int) {{
  {_optional(without, "metadata")}
  project(fullPath: $path) {{ mergeRequests(iids: $iids, first: $first) {{ nodes {{
    iid {_optional(without, "commitCount", "diffStatsSummary")}
    notes(first: {MOST}) {{ {_PAGE} {_notes(without)} }}
    commits(first: {MOST}) {{ {_PAGE} {_commits(without)} }}
  }} }} }}
}}"""


def more_notes(without: Without) -> str:
    """Of one merge request: `$path`, `$iid`, `$after`."""
    return _more("notes", _notes(without))


def more_commits(without: Without) -> str:
    """The same."""
    return _more("commits", _commits(without))


def activity(without: Without) -> str:
    """What became of issues by number: `$path`, `$iids`, `$first` (as many), `$after`."""
    return f"""query($path: ID!, $iids: [String!], $first: Int, $after: String) {{
  project(fullPath: $path) {{ workItems(iids: $iids, first: $first) {{ nodes {{
    iid widgets {{ ... on WorkItemWidgetNotes {{
      discussions(filter: ONLY_ACTIVITY, first: {_DISCUSSED}, after: $after) {{ {_PAGE} nodes {{
        notes {{ nodes {{ id body system createdAt author {{ username name }} }} }}
      }} }}
    }} }}
  }} }} }}
}}"""


def pipelines(without: Without) -> str:
    """Newest first by id: `$path`, `$first`, `$after`, `$since` and `$before` of the update."""
    optional = _optional(without, "name", "source")
    return f"""query($path: ID!, $first: Int, $after: String, $since: Time, $before: Time) {{
  project(fullPath: $path) {{
    pipelines(first: $first, after: $after, updatedAfter: $since, updatedBefore: $before) {{
      {_PAGE} nodes {{ id sha ref status createdAt updatedAt startedAt finishedAt {optional} }}
    }}
  }}
}}"""


def pipeline_ids(without: Without) -> str:
    """Newest first: `$path`, `$first`, `$after`."""
    return f"""query($path: ID!, $first: Int, $after: String) {{
  project(fullPath: $path) {{
    pipelines(first: $first, after: $after) {{ {_PAGE} nodes {{ id }} }}
  }}
}}"""


def _more(connection: str, nodes: str) -> str:
    return f"""query($path: ID!, $iid: String!, $after: String) {{
  project(fullPath: $path) {{ mergeRequest(iid: $iid) {{
    {connection}(first: {MOST}, after: $after) {{ {_PAGE} {nodes} }}
  }} }}
}}"""


def _notes(without: Without) -> str:
    optional = _optional(without, "resolvable", "position")
    return f"nodes {{ id body system createdAt author {{ username name }} {optional} }}"


def _commits(without: Without) -> str:
    optional = _optional(without, "authorEmail", "committedDate")
    return f"nodes {{ sha message authoredDate authorName {optional} }}"


def _optional(without: Without, *names: str) -> str:
    return " ".join(OPTIONAL[name] for name in names if name not in without)

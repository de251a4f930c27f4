"""What GraphQL is asked. Source: docs.gitlab.com/api/graphql/reference.

GitLab refuses a query of more than 200 points (250 for who has signed in). A field costs 1, one
that reads git 2, a list that a resolver makes as many percent more as it may hold things; lists of
merge requests that are asked for by number cost nothing more. `details` has 54, however many.

Instances of other years lack fields. `OPTIONAL` ones are left out then.
"""

from typing import Final

MOST: Final = 100  # things in a connection

OPTIONAL: Final = {
    "authorEmail": "authorEmail",
    "commitCount": "commitCount",
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
    return f"nodes {{ sha message authoredDate authorName {_optional(without, 'authorEmail')} }}"


def _optional(without: Without, *names: str) -> str:
    return " ".join(OPTIONAL[name] for name in names if name not in without)

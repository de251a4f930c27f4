"""What one thing of a provider's is made into: records, before the Directory is asked.

A processor gives these; `pull_requests.derived` then says whose they are, and what follows from it.
People are `provider:login`, lower case. Where the account is gone, as a provider says by a null or
by showing its `ghost`, login and name are both '': nobody knows which of those who left it was.
"""

from dataclasses import dataclass, field

from devhealth.models.records import (
    Comment,
    PullRequest,
    PullRequestCommit,
    Review,
    Sprint,
    WorkItem,
    WorkItemChange,
)


@dataclass(slots=True, kw_only=True)
class ToldPullRequest:
    """A pull request with all that belongs to it: what is stored beside it and not here is gone."""

    pull_request: PullRequest
    commits: list[PullRequestCommit] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ToldWorkItem:
    """A work item with its whole history; its sprints are of the site."""

    item: WorkItem
    changes: list[WorkItemChange]
    sprints: list[Sprint] = field(default_factory=list)

"""Repositories, people and teams: keyset connections, the team of each by one load for all."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from apps.cost import HELD
from apps.errors import BadRequest
from apps.global_ids import GlobalNode
from apps.metrics import entities
from apps.metrics.entities import Now
from apps.metrics.graphql.catalog import member_of
from apps.metrics.identities import Known
from apps.metrics.nodes import connection_of
from apps.metrics.schema import require_size
from apps.metrics.services import Cells
from devhealth.models import directory

MOST_ROWS = 200
LONGEST = 200  # characters of a search


@strawberry.type(description="People, and what they own.")
class Team(GlobalNode):
    id: strawberry.ID = strawberry.field(description="`teamId` of rows.")
    name: str
    repository_patterns: list[str] = strawberry.field(
        description="Full names or, with a `*` at the end, how they begin; the longest decides."
    )
    project_patterns: list[str] = strawberry.field(description="The same for projects.")
    value: strawberry.Private[directory.Team]
    now: strawberry.Private[Now]

    @strawberry.field(description="People who are in it now.", metadata={"cost": HELD})
    def member_count(self) -> int:
        return len(self.now.members(self.value))


@strawberry.type(description="A repository, kept through renames.")
class Repository(GlobalNode):
    id: strawberry.ID = strawberry.field(description="`repoId` of rows.")
    provider: str = strawberry.field(description="local, github or gitlab.")
    full_name: str
    url: str = strawberry.field(description="Where a person opens it; '' where nowhere.")
    default_branch: str | None
    is_fork: bool
    is_archived: bool
    created_at: datetime | None = strawberry.field(description="Null: not told.")
    now: strawberry.Private[Now]

    @strawberry.field(
        description="Who owns it now. Null: nobody; its work counts for its authors' own teams.",
        metadata={"cost": HELD},
    )
    def team(self) -> Team | None:
        return team_node(self.now.of_repository(self.full_name), self.now)


@strawberry.type(description="A person or a bot, under the one id of all that they are known by.")
class Person(GlobalNode):
    id: strawberry.ID = strawberry.field(description="`authorId` of rows.")
    display_name: str
    email: str | None
    handle: str | None = strawberry.field(description="`provider:login`. Null: not known.")
    actor_kind: str = strawberry.field(description="human or bot.")
    aliases: list[str] = strawberry.field(description="All that they are known by, lower case.")
    is_viewer: bool = strawberry.field(description="Whether it is who asks.")
    now: strawberry.Private[Now]

    @strawberry.field(description="Their primary team now. Null: none.", metadata={"cost": HELD})
    def team(self) -> Team | None:
        return team_node(self.now.of_person(UUID(self.id)), self.now)


def team_node(team: directory.Team | None, now: Now) -> Team | None:
    return made_of_team(team, now) if team else None


def made_of_team(team: directory.Team, now: Now) -> Team:
    return Team(
        id=strawberry.ID(team.team_id),
        name=team.name,
        repository_patterns=list(team.repositories),
        project_patterns=list(team.projects),
        value=team,
        now=now,
    )


def made_of_repository(row: Cells, now: Now) -> Repository:
    told = {name: row[name] for name in entities.COLUMNS if name != "repo_id"}
    return Repository(id=strawberry.ID(row["repo_id"]), now=now, **told)


def made_of_person(row: Known, viewer: UUID, now: Now) -> Person:
    return Person(
        id=strawberry.ID(row.author_id),
        display_name=row.name,
        email=row.email,
        handle=row.handle,
        actor_kind=row.actor_kind,
        aliases=list(row.aliases),
        is_viewer=row.user_id == viewer,
        now=now,
    )


# --- the fields ----------------------------------------------------------------------------------


def read_repositories(
    info: Info,
    search: str | None = None,
    team_ids: list[strawberry.ID] | None = None,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    by, now = member_of(info, org_id), Now()
    page = entities.repositories_page(
        searched(search),
        team_ids,
        by=by,
        limit=require_size(first, MOST_ROWS),
        after=after,
        now=now,
    )
    return connection_of(page, [made_of_repository(row, now) for row in page.rows], after)


def read_people(
    info: Info,
    search: str | None = None,
    team_ids: list[strawberry.ID] | None = None,
    include_bots: bool = False,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    by, now = member_of(info, org_id), Now()
    page = entities.people_page(
        searched(search), team_ids, with_bots=include_bots,
        by=by, limit=require_size(first, MOST_ROWS), after=after, now=now,
    )  # fmt: skip
    nodes = [made_of_person(row, by.user.pk, now) for row in page.rows]
    return connection_of(page, nodes, after)


def read_teams(
    info: Info,
    search: str | None = None,
    org_id: str | None = None,
    first: int = 50,
    after: str | None = None,
) -> Any:
    by, now = member_of(info, org_id), Now()
    page = entities.teams_page(
        searched(search), by=by, limit=require_size(first, MOST_ROWS), after=after, now=now
    )
    return connection_of(page, [made_of_team(team, now) for team in page.rows], after)


def searched(text: str | None) -> str:
    if text and len(text) > LONGEST:
        raise BadRequest(f"`search` has at most {LONGEST} characters.", code="invalid_search")
    return text or ""

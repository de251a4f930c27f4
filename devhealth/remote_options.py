"""What every command that asks a provider is told: which one, which repositories or projects of it,
and by what right."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from devhealth.errors import Permanent

if TYPE_CHECKING:
    from devhealth.credentials import Credential
    from devhealth.sites import Site

Command = Callable[..., Any]

PROVIDERS = ("github", "gitlab")
TRACKERS = ("jira",)  # they have projects and no repositories
AUTH = (
    "env:NAME, file:PATH, none; else GITHUB_TOKEN, GITLAB_TOKEN or JIRA_TOKEN of the environment."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options as they were given."""

    provider: str
    owner: str | None
    repo: str | None
    search: str | None
    url: str | None
    auth: str | None
    app_id: str | None
    app_key: Path | None
    installation: int | None
    allow_private: bool
    project: str | None = None
    email: str | None = None
    cloud_id: str | None = None

    def site(self) -> "Site":
        from devhealth.sites import site

        return site(self.provider, self.url, is_private=self.allow_private, cloud_id=self.cloud_id)

    def credential(self, site: "Site") -> "Credential":
        """Raises Permanent where there is none, or half of one."""
        from devhealth.credentials import App, is_bare, of_app, of_token

        if self.app_id or self.app_key or self.installation:
            if not (self.app_id and self.app_key and self.installation):
                raise Permanent("A GitHub App needs --app-id, --app-key and --installation.")
            if self.provider != "github":
                raise Permanent(f"{self.provider} has no Apps: use --auth.")
            app = App(id=self.app_id, key=self.app_key, installation=self.installation)
            return of_app(app, api=site.api, guard=site.guard)
        if is_bare(self.auth):
            click.echo(
                "dev-hops: a token on the command line stands in this machine's list of processes "
                "and in the shell's history: use --auth env:NAME or --auth file:PATH.",
                err=True,
            )
        return of_token(self.provider, self.auth, email=self.email)

    @property
    def full_name(self) -> str:
        """owner/name of the one repository, or the key of the one project.

        Raises Permanent where it is not told.
        """
        if self.provider in TRACKERS:
            return self._key
        name = f"{self.owner}/{self.repo}" if self.owner else self.repo or ""
        if not all(name.split("/")) or "/" not in name:
            raise Permanent("Say which: --repo OWNER/NAME, --owner OWNER --repo NAME, or --search.")
        return name

    @property
    def _key(self) -> str:
        if self.owner or self.repo:
            raise Permanent(f"{self.provider} has no repositories: say --project KEY.")
        if not self.project:
            raise Permanent("Say which: --project KEY, or --search 'AB*'.")
        return self.project.strip().upper()


def local_path(path: Path | None) -> Path:
    """Raises Permanent where it is not told."""
    if path is None:
        raise Permanent("Say which: --repo-path PATH, or --provider github with --repo OWNER/NAME.")
    return path


def asking(*, local: bool = False, tracker: bool = False) -> Callable[[Command], Command]:
    """The options, given to the command as `asked`. `local`: a clone on this disk will do;
    `tracker`: so will a project."""
    providers = (*(("local",) if local else ()), *PROVIDERS, *(TRACKERS if tracker else ()))
    choice = click.option(
        "--provider",
        type=click.Choice(providers),
        required=not local,
        default="local" if local else None,
        show_default=local,
    )

    def decorated(command: Command) -> Command:
        @wraps(command)
        def told(**given: Any) -> Any:
            names = [each.name for each in fields(Asked) if each.name in given]
            asked = Asked(**{name: given.pop(name) for name in names})
            return command(asked=asked, **given)

        for option in (*_OF_TRACKERS, *_OPTIONS) if tracker else _OPTIONS:
            told = option(told)
        return choice(told)

    return decorated


_OF_TRACKERS = (
    click.option("--cloud-id", help="Jira: of the site, for tokens of OAuth or with scopes."),
    click.option("--email", help="Jira: whose API token it is; else JIRA_EMAIL."),
    click.option("--project", help="Jira: the project's key, as ABC of ABC-1."),
)
_OPTIONS = (
    click.option("--allow-private", is_flag=True, help="The host may be internal, and plain http."),
    click.option("--installation", type=int, help="Of a GitHub App: where it works."),
    click.option("--app-key", type=Path, help="Of a GitHub App: its private key, a file."),
    click.option("--app-id", help="Of a GitHub App: its client id or app id."),
    click.option("--auth", help=AUTH),
    click.option("--url", help="Of an instance of one's own: https://HOST."),
    click.option("--search", help="All that match, one after the other: 'org/*', 'org/api-*'."),
    click.option("--repo", help="OWNER/NAME, or NAME with --owner; groups of GitLab may nest."),
    click.option("--owner", help="Organisation, person or group."),
)

"""What every command that asks a provider is told: which one, which repositories, by what right."""

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
AUTH = "env:NAME, file:PATH, none; else GITHUB_TOKEN or GITLAB_TOKEN of the environment."


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

    def site(self) -> "Site":
        from devhealth.sites import site

        return site(self.provider, self.url, is_private=self.allow_private)

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
        return of_token(self.provider, self.auth)

    @property
    def full_name(self) -> str:
        """owner/name of the one repository. Raises Permanent where it is not told."""
        name = f"{self.owner}/{self.repo}" if self.owner else self.repo or ""
        if not all(name.split("/")) or "/" not in name:
            raise Permanent("Say which: --repo OWNER/NAME, --owner OWNER --repo NAME, or --search.")
        return name


def local_path(path: Path | None) -> Path:
    """Raises Permanent where it is not told."""
    if path is None:
        raise Permanent("Say which: --repo-path PATH, or --provider github with --repo OWNER/NAME.")
    return path


def asking(*, local: bool = False) -> Callable[[Command], Command]:
    """The options, given to the command as `asked`. `local`: a clone on this disk will do."""
    providers = ("local", *PROVIDERS) if local else PROVIDERS
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
            asked = Asked(**{each.name: given.pop(each.name) for each in fields(Asked)})
            return command(asked=asked, **given)

        for option in _OPTIONS:
            told = option(told)
        return choice(told)

    return decorated


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

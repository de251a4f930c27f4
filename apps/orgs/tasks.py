"""What this app's units of work do: each calls one service."""

from apps.orgs import cleaning, deletion, founding, invitations
from apps.queue.actors import outside_actor, public_actor, tenant_actor
from apps.queue.work import Work


@tenant_actor("orgs.send_invitation", ended=invitations.send_ended)
def send_invitation(work: Work) -> None:
    """One e-mail with a secret link."""
    invitations.send(work)


@public_actor("orgs.delete_organizations")
def delete_organizations(work: Work) -> None:
    """All that is to be deleted."""
    deletion.delete_all(work)


@outside_actor("orgs.make_tables")
def make_tables(work: Work) -> None:
    """The schema of a new organisation."""
    founding.make_tables(work)


@public_actor("orgs.clean_up", ended=cleaning.clean_up_ended)
def clean_up(work: Work) -> None:
    """Sessions that have expired."""
    cleaning.clean_up(work)

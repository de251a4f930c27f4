"""What this app's units of work do: each calls one service."""

from apps.orgs import invitations
from apps.queue.actors import tenant_actor
from apps.queue.work import Work


@tenant_actor("orgs.send_invitation", ended=invitations.send_ended)
def send_invitation(work: Work) -> None:
    """One e-mail with a secret link."""
    invitations.send(work)

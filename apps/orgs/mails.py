"""The e-mails that this app sends."""

from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage

from apps.orgs.models import Invitation
from devhealth.errors import Permanent, Transient

INVITATION = """\
{who} invites you to {organization} on devhealth, as {role}.

Accept within 7 days:

    {link}

The link is for you and works once. If you did not expect this, do nothing.
"""


def send_invitation(invitation: Invitation, secret: str) -> None:
    """Raises `Transient`, and `Permanent` for an address that the mail server refuses."""
    organization = " ".join(invitation.organization.name.split())
    inviter = invitation.invited_by
    text = INVITATION.format(
        who=inviter.email if inviter else "Somebody",
        organization=organization,
        role=invitation.role,
        link=link_of(secret),
    )
    send(f"Invitation to {organization}", text, invitation.email)


def send(subject: str, text: str, address: str) -> None:
    """Raises `Transient`, and `Permanent` for an address that the mail server refuses."""
    mail = EmailMessage(" ".join(subject.split()), text, to=[address])  # a header is one line
    try:
        mail.send()
    except SMTPRecipientsRefused as error:
        if all(code >= 500 for code, _ in error.recipients.values()):
            raise Permanent("The mail server refuses this address.") from error
        raise Transient("The mail server puts this address off.") from error
    except (SMTPException, OSError) as error:
        raise Transient("The mail server could not be reached.") from error


def link_of(secret: str) -> str:
    """Behind `#`: no server and no other site is told what stands there."""
    return f"{settings.ACCOUNT_URL}/invitations/accept#{secret}"

"""An integration as it is stored, made without asking anybody."""

from typing import Any
from uuid import uuid4

from apps.integrations.models import Credential, Integration
from apps.integrations.sealing import Secret, sealed
from devhealth.sites import URLS

TOKEN = "a-canary-of-a-token-1234"


def connected(provider: str = "github", *, token: str = TOKEN, **fields: Any) -> Integration:
    """Within an organisation's schema."""
    given = {
        "name": f"{provider} {uuid4().hex[:6]}",
        "url": URLS.get(provider, "https://acme.atlassian.net"),
        "kind": "token",
        "created_by": uuid4(),
    }
    made: Integration = Integration.objects.create(provider=provider, **given | fields)
    Credential.objects.create(
        integration=made, sealed=sealed(made.pk, Secret(token=token)), last_four=token[-4:]
    )
    return made

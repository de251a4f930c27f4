"""Ids that name a thing of any kind: signed, so that nobody makes one up.

An id says a kind and a key, and no organisation: whoever asks reads their own organisation's rows
by it, so that another's id names nothing. It stays the same for as long as the service's secret.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import strawberry
from django.core.signing import BadSignature, Signer
from strawberry.types import Info

from apps.cost import HELD
from apps.errors import BadRequest

SALT: Final = "devhealth.node"
Read = Callable[[tuple[Any, ...], Any], Any]
"""Of a key, for the member who asks: the thing. None, or `NotFound`: there is none of ours."""

KEY: Final = ("id",)  # of a type that says no `node_key`


def written(kind: str, key: Sequence[Any]) -> str:
    signed: str = _signer().sign_object([kind, *(_plain(each) for each in key)])
    return signed


def read(text: str) -> tuple[str, tuple[Any, ...]]:
    """Kind and key. Raises `BadRequest` for what we never wrote."""
    try:
        kind, *key = _signer().unsign_object(text)
    except BadSignature as error:
        raise BadRequest(
            "This is no id of a node: take a `globalId` as it was given.", code="invalid_id"
        ) from error
    return kind, tuple(key)


@strawberry.interface(name="Node", description="A thing that can be asked for again by one id.")
class GlobalNode:
    @strawberry.field(
        description="For `node`; of any kind, and the same each time.", metadata={"cost": HELD}
    )
    def global_id(self, info: Info) -> strawberry.ID:
        names = getattr(type(self), "node_key", KEY)
        kind = info._raw_info.parent_type.name
        return strawberry.ID(written(kind, [getattr(self, name) for name in names]))


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")


def _plain(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)

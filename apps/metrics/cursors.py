"""Cursors: opaque, signed, good only for the question that they were given out for.

A cursor holds the ordering values of the row it follows. What it is bound to (organisation, table,
filter, order) goes into the signature's salt and not into the text, so that a cursor that was
changed and one from elsewhere look the same: not ours.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.signing import BadSignature, Signer

from apps.errors import BadRequest


class Places:
    """Writes and reads the cursors of one question."""

    def __init__(self, *bound: Any) -> None:
        question = json.dumps(bound, default=str, sort_keys=True)
        digest = hashlib.sha256(question.encode()).hexdigest()
        self._signer = Signer(salt=f"devhealth.cursor.{digest}", sep=".")

    def write(self, values: Sequence[Any]) -> str:
        signed: str = self._signer.sign_object([_plain(value) for value in values])
        return signed

    def read(self, cursor: str) -> list[Any]:
        """The values, dates as text. Raises `BadRequest` for a cursor that is not ours."""
        try:
            values: list[Any] = self._signer.unsign_object(cursor)
        except BadSignature as error:
            raise BadRequest(
                "This cursor is not of this question; begin again without it.",
                code="invalid_cursor",
            ) from error
        return values


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value

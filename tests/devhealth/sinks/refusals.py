"""An act that is refused, and a password that no refusal may show."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from devhealth.errors import DevHealthError

PASSWORD = "s3same-0pen"


def refused(act: Callable[..., Any], *args: Any) -> DevHealthError:
    """The error of an act, once nothing of it is found to show the password."""
    with pytest.raises(DevHealthError) as caught:
        act(*args)
    shown = [*traceback.format_exception(caught.value), repr(caught.value), str(caught.value)]
    assert not [text for text in shown if PASSWORD in text or "0pen" in text]
    return caught.value

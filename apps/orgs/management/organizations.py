"""What commands about one organisation share: which one is meant, and how they fail."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.core.management.base import CommandError

from apps.errors import AppError
from apps.orgs.models import Organization

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def asked(slug: str) -> Organization:
    """Raises `CommandError`."""
    found: Organization | None = Organization.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no organisation `{slug}`.")
    return found


def told(handle: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """A rule that says no ends the command with its sentence and exit code 1."""

    @wraps(handle)
    def handled(*args: Given.args, **given: Given.kwargs) -> Answer:
        try:
            return handle(*args, **given)
        except AppError as error:
            raise CommandError(error.detail) from error

    return handled

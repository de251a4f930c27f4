"""Ids of work items and of the projects they are kept in. They must never change."""

from typing import Final
from uuid import UUID, uuid5

WORK_ITEMS: Final = UUID("7c0a4f1e-5d0b-4e57-9b1f-3c2b7b9a6e10")
WORK_SCOPES: Final = UUID("b2a9d7c4-1f38-4c6e-8f4d-6a5e0d3c9b27")


def work_item_id(source_id: str, native_id: str) -> UUID:
    """By the site's host and its own id of the item, which stays when the item is moved."""
    return uuid5(WORK_ITEMS, f"{source_id}/{native_id}")


def work_scope_id(source_id: str, native_id: str) -> UUID:
    """The same of a project. A repository as a scope has its `repo_id`."""
    return uuid5(WORK_SCOPES, f"{source_id}/{native_id}")

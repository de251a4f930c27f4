"""The ids of work items and of the places where they are kept, whoever reads them first."""

from typing import Final
from uuid import UUID, uuid5

WORK_ITEMS: Final = UUID("8c5f0a5e-6d1b-5b1e-9f3a-2b7d4c1e6a90")
SCOPES: Final = UUID("1f9b3c7a-42d8-5e60-8a15-7c0e9d2b6f34")


def work_item_id(source_id: str, native_id: str) -> UUID:
    """`source_id`: host of the site; `native_id`: the provider's own id."""
    return uuid5(WORK_ITEMS, f"{source_id}/{native_id}")


def work_scope_id(source_id: str, native_id: str) -> UUID:
    """Of a tracker's project; a repository's is its `repo_id`."""
    return uuid5(SCOPES, f"{source_id}/{native_id}")

"""How often a property of whole worlds is tried: each try syncs, restamps or computes them."""

from typing import Any

from hypothesis import settings

FAST = 20  # tries of a property of little things in the fast set


def tried(times: int, **more: Any) -> settings:
    """So often in the fast set, and as many times more often as the profile in force asks."""
    assert settings.default is not None
    return settings(max_examples=times * settings.default.max_examples // FAST, **more)

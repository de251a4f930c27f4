"""The next step, in words and with the page where it is taken."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from apps.pipeline.models import SyncConfig
from apps.pipeline.services.beginning import Next, Past, Stage


@dataclass(frozen=True, slots=True)
class Step:
    """`number`: of four. Owners and admins take it."""

    number: int
    words: str
    button: str
    url: str


def step_of(found: Next) -> Step | None:
    """None: everything is under way, and nothing is to be done."""
    if found.stage == Stage.CONNECT:
        words = "Nothing is connected yet. Connect the place where your code or your tickets are."
        return Step(1, words, "Connect a provider", reverse("integrations"))
    if found.stage == Stage.CHOOSE and found.integration:
        words = f"{found.integration.name} is connected, and nothing of it is synced yet."
        url = reverse("admin:integrations_integration_choose", args=[found.integration.pk])
        return Step(2, words, "Choose what is synced", url)
    if found.stage == Stage.START and found.config:
        words = f"{found.config.name} was never synced."
        url = reverse("admin:pipeline_syncconfig_change", args=[found.config.pk])
        return Step(3, words, "Open it, then sync now", url)
    return _of_run(found)


def _of_run(found: Next) -> Step | None:
    if found.stage in (Stage.WAIT, Stage.MEND) and found.run:
        url = reverse("admin:pipeline_syncrun_change", args=[found.run.pk])
        if found.stage == Stage.WAIT:
            return Step(3, "The first sync is under way.", "See how far it is", url)
        return Step(3, "The first sync did not get anywhere.", "See why", url)
    if found.stage == Stage.BACKFILL and found.config and found.past:
        words = f"The history of {found.config.name} before its first sync is not fetched yet."
        return Step(4, words, "Fetch the history", backfill_url(found.config, found.past))
    return None


def backfill_url(config: SyncConfig, past: Past) -> str:
    """The form, filled in."""
    given = {"config": config.pk, "since": past.since, "last": past.last, "order": "newest"}
    return f"{reverse('admin:backfill_new')}?{urlencode(given)}"

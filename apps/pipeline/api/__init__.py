"""REST: what is synced, the runs of it, the past of it, and its metrics computed anew."""

from ninja import Router

from apps.pipeline.api import backfills, choosing, configs, recompute, removal, runs
from apps.rest import answered_once

router = Router()
router.add_decorator(answered_once, mode="view")
for _noun in (configs, choosing, removal, runs, backfills, recompute):
    router.add_router("", _noun.router)

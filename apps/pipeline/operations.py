"""What can be done with syncs, backfills and recomputing, and by whom."""

from apps.orgs.models import Role, Scope
from apps.orgs.operations import Operation

SYNC_CONFIGS_READ = Operation("sync_configs.read", Role.VIEWER, Scope.PIPELINE_READ)
SYNC_CONFIGS_CREATE = Operation("sync_configs.create", Role.ADMIN, Scope.PIPELINE_WRITE)
SYNC_CONFIGS_UPDATE = Operation("sync_configs.update", Role.ADMIN, Scope.PIPELINE_WRITE)
SYNC_CONFIGS_DELETE = Operation("sync_configs.delete", Role.ADMIN, Scope.PIPELINE_WRITE)
SOURCES_CHOOSE = Operation("sources.choose", Role.ADMIN, Scope.PIPELINE_WRITE)
INTEGRATIONS_REMOVE = Operation("integrations.remove", Role.ADMIN, Scope.PIPELINE_WRITE)
SOURCES_REMOVE = Operation("sources.remove", Role.ADMIN, Scope.PIPELINE_WRITE)

PROVIDER_WEBHOOKS_READ = Operation("provider_webhooks.read", Role.VIEWER, Scope.INTEGRATIONS_READ)
PROVIDER_WEBHOOKS_SET = Operation("provider_webhooks.set", Role.ADMIN, Scope.INTEGRATIONS_WRITE)
PROVIDER_WEBHOOKS_REMOVE = Operation(
    "provider_webhooks.remove", Role.ADMIN, Scope.INTEGRATIONS_WRITE
)

RUNS_READ = Operation("runs.read", Role.VIEWER, Scope.PIPELINE_READ)
RUNS_CREATE = Operation("runs.create", Role.MEMBER, Scope.PIPELINE_WRITE)

BACKFILLS_READ = Operation("backfills.read", Role.VIEWER, Scope.PIPELINE_READ)
BACKFILLS_PREVIEW = Operation("backfills.preview", Role.MEMBER, Scope.PIPELINE_READ)
BACKFILLS_CREATE = Operation("backfills.create", Role.MEMBER, Scope.PIPELINE_WRITE)
BACKFILLS_PAUSE = Operation("backfills.pause", Role.MEMBER, Scope.PIPELINE_WRITE)
BACKFILLS_RESUME = Operation("backfills.resume", Role.MEMBER, Scope.PIPELINE_WRITE)
BACKFILLS_CANCEL = Operation("backfills.cancel", Role.MEMBER, Scope.PIPELINE_WRITE)
BACKFILLS_RETRY = Operation("backfills.retry", Role.MEMBER, Scope.PIPELINE_WRITE)

RECOMPUTES_READ = Operation("recomputes.read", Role.VIEWER, Scope.PIPELINE_READ)
METRICS_RECOMPUTE = Operation("metrics.recompute", Role.MEMBER, Scope.PIPELINE_WRITE)

OPERATIONS = (
    SYNC_CONFIGS_READ,
    SYNC_CONFIGS_CREATE,
    SYNC_CONFIGS_UPDATE,
    SYNC_CONFIGS_DELETE,
    SOURCES_CHOOSE,
    INTEGRATIONS_REMOVE,
    SOURCES_REMOVE,
    PROVIDER_WEBHOOKS_READ,
    PROVIDER_WEBHOOKS_SET,
    PROVIDER_WEBHOOKS_REMOVE,
    RUNS_READ,
    RUNS_CREATE,
    BACKFILLS_READ,
    BACKFILLS_PREVIEW,
    BACKFILLS_CREATE,
    BACKFILLS_PAUSE,
    BACKFILLS_RESUME,
    BACKFILLS_CANCEL,
    BACKFILLS_RETRY,
    RECOMPUTES_READ,
    METRICS_RECOMPUTE,
)

"""What can be done with metrics and with the Directory, and by whom."""

from apps.orgs.models import Role, Scope
from apps.orgs.operations import Operation

HOME_READ = Operation("home.read", Role.VIEWER, Scope.METRICS_READ)
METRICS_READ = Operation("metrics.read", Role.VIEWER, Scope.METRICS_READ)
OWNERSHIP_READ = Operation("ownership.read", Role.VIEWER, Scope.METRICS_READ)
PULL_REQUESTS_READ = Operation("pull_requests.read", Role.VIEWER, Scope.METRICS_READ)
DEPLOYMENTS_READ = Operation("deployments.read", Role.VIEWER, Scope.METRICS_READ)
INCIDENTS_READ = Operation("incidents.read", Role.VIEWER, Scope.METRICS_READ)
REVIEW_EDGES_READ = Operation("review_edges.read", Role.VIEWER, Scope.METRICS_READ)
DATA_HEALTH_READ = Operation("data_health.read", Role.VIEWER, Scope.METRICS_READ)
DORA_READ = Operation("dora.read", Role.VIEWER, Scope.METRICS_READ)
WORK_ITEMS_READ = Operation("work_items.read", Role.VIEWER, Scope.METRICS_READ)
SPRINTS_READ = Operation("sprints.read", Role.VIEWER, Scope.METRICS_READ)
INVESTMENT_READ = Operation("investment.read", Role.VIEWER, Scope.METRICS_READ)
FLOW_READ = Operation("flow.read", Role.VIEWER, Scope.METRICS_READ)
FORECAST_READ = Operation("forecast.read", Role.VIEWER, Scope.METRICS_READ)

DIRECTORY_READ = Operation("directory.read", Role.VIEWER, Scope.DIRECTORY_READ)
DIRECTORY_ADOPT = Operation("directory.adopt", Role.ADMIN, Scope.DIRECTORY_WRITE)
SETTINGS_UPDATE = Operation("settings.update", Role.ADMIN, Scope.DIRECTORY_WRITE)
STATUS_MAP_UPDATE = Operation("status_map.update", Role.ADMIN, Scope.DIRECTORY_WRITE)
CATEGORY_RULES_UPDATE = Operation("category_rules.update", Role.ADMIN, Scope.DIRECTORY_WRITE)
TEAMS_CREATE = Operation("teams.create", Role.ADMIN, Scope.DIRECTORY_WRITE)
TEAMS_UPDATE = Operation("teams.update", Role.ADMIN, Scope.DIRECTORY_WRITE)
TEAMS_DELETE = Operation("teams.delete", Role.ADMIN, Scope.DIRECTORY_WRITE)
TEAM_PATTERNS_UPDATE = Operation("team_patterns.update", Role.ADMIN, Scope.DIRECTORY_WRITE)
MEMBERSHIPS_CREATE = Operation("memberships.create", Role.ADMIN, Scope.DIRECTORY_WRITE)
MEMBERSHIPS_UPDATE = Operation("memberships.update", Role.ADMIN, Scope.DIRECTORY_WRITE)
MEMBERSHIPS_DELETE = Operation("memberships.delete", Role.ADMIN, Scope.DIRECTORY_WRITE)
IDENTITIES_READ = Operation("identities.read", Role.VIEWER, Scope.DIRECTORY_READ)
IDENTITIES_MERGE = Operation("identities.merge", Role.ADMIN, Scope.DIRECTORY_WRITE)
IDENTITIES_SPLIT = Operation("identities.split", Role.ADMIN, Scope.DIRECTORY_WRITE)
IDENTITIES_LINK = Operation("identities.link", Role.ADMIN, Scope.DIRECTORY_WRITE)
IDENTITIES_UPDATE = Operation("identities.update", Role.ADMIN, Scope.DIRECTORY_WRITE)
IDENTITIES_DISMISS = Operation("identities.dismiss", Role.ADMIN, Scope.DIRECTORY_WRITE)

OPERATIONS = (
    HOME_READ,
    METRICS_READ,
    OWNERSHIP_READ,
    PULL_REQUESTS_READ,
    DEPLOYMENTS_READ,
    INCIDENTS_READ,
    REVIEW_EDGES_READ,
    DATA_HEALTH_READ,
    DORA_READ,
    WORK_ITEMS_READ,
    SPRINTS_READ,
    INVESTMENT_READ,
    FLOW_READ,
    FORECAST_READ,
    DIRECTORY_READ,
    DIRECTORY_ADOPT,
    SETTINGS_UPDATE,
    STATUS_MAP_UPDATE,
    CATEGORY_RULES_UPDATE,
    TEAMS_CREATE,
    TEAMS_UPDATE,
    TEAMS_DELETE,
    TEAM_PATTERNS_UPDATE,
    MEMBERSHIPS_CREATE,
    MEMBERSHIPS_UPDATE,
    MEMBERSHIPS_DELETE,
    IDENTITIES_READ,
    IDENTITIES_MERGE,
    IDENTITIES_SPLIT,
    IDENTITIES_LINK,
    IDENTITIES_UPDATE,
    IDENTITIES_DISMISS,
)

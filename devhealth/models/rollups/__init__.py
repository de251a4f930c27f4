"""What it means: one row per key and UTC day, append-only, the newest whole row of a key wins.

The store adds `org_id` and `computed_at` (fixed before the first read of the compute that made the
row). A count of nothing is 0, a ratio over 0 and a statistic of no sample are null. Today's rows
are provisional. A key that lost all its activity keeps a newest row marked `is_empty`.
"""

from devhealth.models.rollups.delivery import CicdDay, DeployDay, IncidentDay
from devhealth.models.rollups.file import FileDay
from devhealth.models.rollups.people import TeamDay, UserDay
from devhealth.models.rollups.repo import RepoDay
from devhealth.models.rollups.review import ReviewEdgeDay
from devhealth.models.rollups.rollup import Rollup
from devhealth.models.rollups.work import InvestmentDay, WorkItemDay, WorkItemStateDay

__all__ = [
    "ROLLUPS",
    "CicdDay",
    "DeployDay",
    "FileDay",
    "IncidentDay",
    "InvestmentDay",
    "RepoDay",
    "ReviewEdgeDay",
    "Rollup",
    "TeamDay",
    "UserDay",
    "WorkItemDay",
    "WorkItemStateDay",
]

ROLLUPS: tuple[type[Rollup], ...] = (
    RepoDay,
    UserDay,
    TeamDay,
    FileDay,
    ReviewEdgeDay,
    CicdDay,
    DeployDay,
    IncidentDay,
    WorkItemDay,
    WorkItemStateDay,
    InvestmentDay,
)

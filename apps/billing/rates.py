"""How often and how much an organisation may ask: two buckets, which fill up again evenly.

    minute   its requests                      `requests_per_minute` of its tier
    hour     points of its GraphQL documents   `graphql_points_per_hour`

All tokens of an organisation take from the same two, and any of them may take all there is.
"""

import hashlib
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from apps.billing import buckets, tiers
from apps.billing.buckets import Level
from apps.billing.services import TierLimit, tier_of
from apps.billing.tiers import Tier
from apps.errors import AppError, TooManyRequests

TIER_SECONDS = 15  # that a process may take a tier's limits for what they were


@dataclass(frozen=True, slots=True)
class Policy:
    """limit          attribute of a tier
    quota_unit     of the header, where it is not requests
    counts, asker  for sentences: what is counted, and who takes from it
    """

    name: str
    limit: str
    seconds: int
    quota_unit: str
    counts: str
    asker: str


MINUTE = Policy("minute", "requests_per_minute", 60, "", "requests a minute", "a request")
HOUR = Policy(
    "hour", "graphql_points_per_hour", 3600, "points", "GraphQL points an hour", "this document"
)


class RateLimited(TooManyRequests):
    """Used up for now. The problem document has the limit, when to ask again, who allows more."""

    code = "rate_limited"

    def __init__(self, policy: Policy, tier: Tier, level: Level, cost: int) -> None:
        most, seconds = getattr(tier, policy.limit), math.ceil(level.wait / 1000)
        more = tiers.allowing_more(tier, policy.limit)
        advice = f", or change to {more.name}" if more else ""
        super().__init__(
            f"The tier {tier.name} has {most:,} {policy.counts}, all tokens together. "
            f"{level.left:,} are left, {policy.asker} takes {cost:,}. "
            f"Ask again in {seconds:,} s{advice}.",
            retry_after=seconds,
            members={
                "tier": tier.key,
                "limit": {policy.limit: most},
                "retry_after": seconds,
                "allowed_by": more and more.key,
            },
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How an organisation stands with a policy once it was asked. `refusal`: nothing was taken."""

    policy: Policy
    most: int
    level: Level
    refusal: AppError | None

    @property
    def used(self) -> int:
        return self.most - self.level.left


# --- taking and looking --------------------------------------------------------------------------


def take(policy: Policy, organization_id: UUID, cost: int) -> Standing | None:
    """All of the cost or nothing of it; 0: only look. None: no limit, or nobody can count now."""
    tier = _known_tier(organization_id, int(time.monotonic()) // TIER_SECONDS)
    most: int | None = getattr(tier, policy.limit)
    if most is None:
        return None
    level = buckets.take(_key(policy, organization_id), most, policy.seconds, cost)
    return level and Standing(policy, most, level, _refusal(policy, tier, level, cost))


def count_requests(organization_id: UUID) -> int | None:
    """How many are missing in the minute's bucket. None: nobody counts them."""
    return _used(MINUTE, organization_id)


def count_points(organization_id: UUID) -> int | None:
    """The same of the hour's."""
    return _used(HOUR, organization_id)


def _used(policy: Policy, organization_id: UUID) -> int | None:
    standing = take(policy, organization_id, 0)
    return None if standing is None else standing.used


def forget_tiers() -> None:
    """Of this process; what follows is asked anew."""
    _known_tier.cache_clear()


@lru_cache(maxsize=4096)
def _known_tier(organization_id: UUID, span: int) -> Tier:
    """Its tier, looked up once in each span of time."""
    return tier_of(organization_id)


def _key(policy: Policy, organization_id: UUID) -> str:
    """Redis is told no organisation."""
    return f"rates:{policy.name}:{hashlib.sha256(organization_id.bytes).hexdigest()}"


def _refusal(policy: Policy, tier: Tier, level: Level, cost: int) -> AppError | None:
    if level.wait == 0:
        return None
    return _never(policy, tier, cost) if level.wait < 0 else RateLimited(policy, tier, level, cost)


def _never(policy: Policy, tier: Tier, cost: int) -> TierLimit:
    """More than there ever is: to wait is no help."""
    more, most = tiers.allowing_more(tier, policy.limit), getattr(tier, policy.limit)
    advice = f", or change to {more.name}" if more else ""
    return TierLimit(
        f"The tier {tier.name} has {most:,} {policy.counts}, and {policy.asker} takes {cost:,}: "
        f"to wait is no help. Ask for less{advice}.",
        tier=tier,
        limit={policy.limit: most},
        asked={policy.limit: cost},
        allowed_by=more,
    )


# --- headers: draft-ietf-httpapi-ratelimit-headers-10 --------------------------------------------


def headers(standings: Iterable[Standing]) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit`; none where nothing was counted."""
    found = list(standings)
    if not found:
        return {}
    return {
        "RateLimit-Policy": ", ".join(map(_policy_item, found)),
        "RateLimit": ", ".join(map(_limit_item, found)),
    }


def _policy_item(standing: Standing) -> str:
    policy = standing.policy
    unit = f';qu="{policy.quota_unit}"' if policy.quota_unit else ""
    return f'"{policy.name}";q={standing.most}{unit};w={policy.seconds}'


def _limit_item(standing: Standing) -> str:
    """`t`: the seconds until there is one more; a full bucket gets no more."""
    level = standing.level
    until = f";t={math.ceil(level.next / 1000)}" if level.next else ""
    return f'"{standing.policy.name}";r={level.left}{until}'

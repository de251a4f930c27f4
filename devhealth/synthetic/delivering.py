"""What was merged is brought to people, sometimes breaks something, and is brought again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from devhealth.synthetic.dice import Dice
from devhealth.synthetic.landing import MAIN
from devhealth.synthetic.rhythm import DAY, MINUTE, at
from devhealth.synthetic.world import Deployment, Incident, PullRequest, Repository

PRODUCTION: Final = "production"
_WAIT: Final = (1, 4, 15, 60, 300)  # minutes
_LAST: Final = (30, 120, 400, 1_500)  # seconds
_RESTORED: Final = (8, 30, 90, 240, 1_000, 3_000)  # minutes
_NIGHT: Final = DAY - 5 * MINUTE
_INCIDENTS: Final = 90_000  # above all numbers of pull requests


@dataclass(slots=True)
class Delivering:
    """One repository's. Deployments of an environment come one after the other."""

    dice: Dice
    repository: Repository
    end: int
    deployments: list[Deployment] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    _free: dict[str, int] = field(default_factory=dict)  # when an environment's last one ended
    _brought: list[tuple[str, int | None]] = field(default_factory=list)

    def run(self, pulls: Sequence[PullRequest]) -> None:
        landed = sorted(
            (int(pull.merged_at.timestamp()), pull.number, pull)
            for pull in pulls
            if pull.merged_at and pull.base_branch == MAIN
        )
        for place, (when, _, pull) in enumerate(landed):
            if self.dice.chance(25):
                self._deploy(pull, when, "staging")
            if self.repository.counts == "release":
                self._release(pull, when, place)
            elif self.repository.counts == "deployment" and place % 3 == 2:
                self._to_production(pull, when, place // 3)
            elif self.repository.counts == "merge" and self.dice.chance(3):
                self._break(when, None)
        if landed and self.repository.counts == "deployment":
            times = (self.end - 5 * MINUTE, self.end - 3 * MINUTE, self.end + MINUTE)
            self._add(landed[-1][2].merge_commit or "", "staging", "success", times)
        self.deployments.sort(key=lambda each: (each.created_at, each.deployment_id))
        self.deployments = [*_retired(self.deployments)]

    def _to_production(self, pull: PullRequest, when: int, nth: int) -> None:
        """Every 37th right around midnight; what failed is tried again; one in thirty is followed
        by an older one."""
        before = [each for each in self._brought if each[1]]
        ended = self._deploy(pull, when, PRODUCTION, is_nightly=nth % 37 == 6)
        if ended is None:
            ended = self._deploy(pull, self._free.get(PRODUCTION, when), PRODUCTION)
        if ended is None:
            return
        if before and (self.dice.chance(9) or nth % 43 == 5):
            self._break(ended, pull.number if self.dice.chance(55) else None)
        if len(before) > 2 and self.dice.chance(3):
            self._redeploy(before[-2][0])

    def _deploy(
        self, pull: PullRequest, when: int, environment: str, *, is_nightly: bool = False
    ) -> int | None:
        """When it succeeded; None: it did not."""
        free = max(when, self._free.get(environment, 0))
        asked = free + self.dice.spread(_WAIT) * MINUTE + self.dice.below(MINUTE)
        if is_nightly:
            asked = free // DAY * DAY + _NIGHT - 30
            asked += DAY if asked <= free else 0
        if asked >= self.end:
            return None
        began = asked + (30 if is_nightly else self.dice.between(2, 120))
        ended = began + (10 * MINUTE if is_nightly else self.dice.spread(_LAST))
        throw = 50 if is_nightly else self.dice.below(100)
        status = "failed" if throw < 7 else "cancelled" if throw < 10 else "success"
        self._free[environment] = ended
        self._add(pull.merge_commit or "", environment, status, (asked, began, ended))
        if status == "success" and environment == PRODUCTION and ended < self.end:
            self._brought.append((self.deployments[-1].deployment_id, pull.number))
            return ended
        return None

    def _redeploy(self, of: str) -> None:
        """An older one once more: it brings nothing new."""
        older = next(each for each in self.deployments if each.deployment_id == of)
        asked = self._free[PRODUCTION] + self.dice.between(5, 90) * MINUTE
        if asked < self.end:
            ended = asked + 20 + self.dice.spread(_LAST)
            self._free[PRODUCTION] = ended
            self._add(older.commit, PRODUCTION, "success", (asked, asked + 20, ended))
            self._brought.append((self.deployments[-1].deployment_id, None))

    def _add(self, commit: str, environment: str, status: str, times: tuple[int, int, int]) -> None:
        asked, began, ended = times
        self.deployments.append(
            Deployment(
                deployment_id=f"DE_{self.repository.native_id}_{len(self.deployments) + 1:06}",
                kind="deployment",
                environment=environment,
                is_production=environment == PRODUCTION,
                ref=MAIN,
                commit=commit,
                status=status if ended < self.end else "pending",
                created_at=at(asked),
                started_at=at(began) if began < self.end and status != "cancelled" else None,
                finished_at=at(ended) if ended < self.end else None,
            )
        )

    def _release(self, pull: PullRequest, when: int, place: int) -> None:
        """Every eighth merge is released, every fourth that is not for some only; between them the
        provider hears of deployments, which do not count."""
        if place % 8 == 3:
            self._deploy(pull, when, PRODUCTION)
        if place % 4 or (asked := when + self.dice.spread(_WAIT) * MINUTE) >= self.end:
            return
        is_final = place % 8 == 0
        self.deployments.append(
            Deployment(
                deployment_id=f"RE_{self.repository.native_id}_{len(self.deployments) + 1:06}",
                kind="release",
                environment=PRODUCTION if is_final else "prerelease",
                is_production=is_final,
                ref=f"v1.{place // 4}",
                commit=pull.merge_commit or "",
                status="success",
                created_at=at(asked),
                started_at=None,
                finished_at=at(asked),
            )
        )
        if is_final and place and self.dice.chance(15):
            self._break(asked, None)

    def _break(self, ended: int, number: int | None) -> None:
        """Something broke after it. The first takes four days to be restored, every eleventh
        stays as it is."""
        began = ended + self.dice.spread((3, 20, 90, 600)) * MINUTE + self.dice.below(MINUTE)
        if began >= self.end:
            return
        nth = len(self.incidents)
        lasted = self.dice.spread(_RESTORED) * MINUTE if nth else 4 * DAY + 90 * MINUTE
        resolved = began + lasted + self.dice.below(MINUTE)
        self.incidents.append(
            Incident(
                incident_id=self.repository.native_id * 1_000 + nth,
                number=_INCIDENTS + nth,
                title=f"The lamps went out after #{number}" if number else "The lamps went out",
                severity=self.dice.one(("sev1", "sev2", "sev3")) if self.dice.chance(70) else None,
                opened_at=at(began),
                resolved_at=at(resolved) if resolved < self.end and nth % 11 != 7 else None,
                names_pull=number,
                broken_by=self._brought[-1][0] if number else None,
            )
        )


def _retired(deployments: Sequence[Deployment]) -> Iterator[Deployment]:
    """A success is retired when the next one of its environment has ended."""
    following: dict[str, Deployment] = {}
    found = []
    for each in reversed(deployments):
        newer = following.get(each.environment)
        is_over = each.status == "success" and each.kind == "deployment"
        found.append(replace(each, retired_at=newer.finished_at) if newer and is_over else each)
        if is_over:
            following[each.environment] = each
    return reversed(found)

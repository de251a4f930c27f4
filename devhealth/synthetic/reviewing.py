"""What becomes of a pull request: drafts, reviews after minutes or weeks, a merge or none."""

from collections.abc import Callable, Sequence
from typing import Final

from devhealth.synthetic.cast import REVIEWS, UPDATES
from devhealth.synthetic.dice import Dice
from devhealth.synthetic.planned import Plan
from devhealth.synthetic.rhythm import DAY, MINUTE, at_work
from devhealth.synthetic.world import Person, World

Reaction = Callable[[Plan, int], None]

# Minutes: between neighbours, each pair as likely.
_READY: Final = (5, 60, 400, 1_500, 6_000)
_ANSWER: Final = (2, 15, 50, 150, 400, 1_200, 2_900, 7_000)
_REACT: Final = (15, 60, 240, 1_400)
_MERGE: Final = (1, 6, 30, 200, 1_400)
_MONTH: Final = 33 * DAY


def reviewed(
    dice: Dice, plan: Plan, people: Sequence[Person], world: World, react: Reaction
) -> None:
    """Have it drafted, reviewed and merged, or not. `react` adds a commit of its author's."""
    when = _drafted(dice, plan)
    _by_bots(dice, plan, world)
    if when is None:
        return
    if dice.chance(8) or not people or (plan.author.key == UPDATES and dice.chance(60)):
        _merge(dice, plan, when)  # nobody looked at it
    else:
        when = _rounds(dice, plan, people, when, react)
        _fate(dice, plan, when, people)
    _late(plan, people)


def _drafted(dice: Dice, plan: Plan) -> int | None:
    """When it was ready. None: it never is."""
    plan.ready = plan.created
    if plan.nth % 59 == 21:  # opened as ready, had second thoughts
        back = plan.created + dice.spread((10, 60, 300)) * MINUTE
        plan.drafts = [(back, False), (_later(dice, plan.author, back, _READY), True)]
        return plan.drafts[-1][0]
    if plan.author.kind == "bot" or not dice.chance(15):
        return plan.created
    if dice.chance(6):
        plan.ready, plan.is_draft = None, True
        if dice.chance(50):
            plan.closed = _later(dice, plan.author, plan.created, (900, 9_000, 40_000))
        return None
    plan.ready = _later(dice, plan.author, plan.created, _READY)
    plan.drafts = [(plan.ready, True)]
    if dice.chance(12):
        back = plan.ready + dice.spread((10, 60, 300)) * MINUTE
        plan.drafts += [(back, False), (_later(dice, plan.author, back, _READY), True)]
    return plan.drafts[-1][0]


def _by_bots(dice: Dice, plan: Plan, world: World) -> None:
    bot = world.person(REVIEWS)
    soon = plan.created + dice.between(20, 200)
    if dice.chance(25):
        plan.says.append((soon, bot, "issue", ""))
    if dice.chance(10):
        plan.says.append((soon + 5, bot, "review", "commented"))


def _rounds(dice: Dice, plan: Plan, people: Sequence[Person], when: int, react: Reaction) -> int:
    """Reviews until somebody approves, three times at most. When the last was."""
    reviewer = dice.one(people)
    for _ in range(3):
        when = _later(dice, reviewer, when, _ANSWER)
        throw = dice.below(100)
        state = "changes_requested" if throw < 20 else "commented" if throw < 33 else "approved"
        plan.says.append((when, reviewer, "review", state))
        plan.says += [(when, reviewer, "lines", "")] * dice.below(3)
        if state == "approved":
            break
        when = _answered(dice, plan, when, react)
    if dice.chance(25):
        second = dice.one(people)
        when = _later(dice, second, when, _ANSWER)
        plan.says.append((when, second, "review", "approved"))
    if dice.chance(3):
        plan.dismissed.add(when)
    if plan.nth % 83 == 5:
        plan.says.append((when, None, "review", "commented"))  # whose account is gone by now
    if dice.chance(30):
        plan.says.append((when - dice.between(1, 20), dice.one(people), "issue", ""))
    return when


def _answered(dice: Dice, plan: Plan, when: int, react: Reaction) -> int:
    """The author replies, by a comment or a review of their own, and mostly changes something."""
    when = _later(dice, plan.author, when, _REACT)
    if dice.chance(70):
        react(plan, when)
    own = ("review", "commented") if dice.chance(20) else ("issue", "")
    plan.says.append((when + dice.between(30, 300), plan.author, *own))
    return when + 5 * MINUTE


def _fate(dice: Dice, plan: Plan, when: int, people: Sequence[Person]) -> None:
    throw = dice.below(100)
    is_reopened = throw < 3 or plan.nth % 73 == 30
    if is_reopened:
        plan.reopened = _later(dice, plan.author, when, _REACT)
        if dice.chance(70):
            _merge(dice, plan, plan.reopened)
    elif throw < 9:
        plan.closed = _later(dice, plan.author, when, _MERGE)
    elif throw >= 11:
        _merge(dice, plan, when)
    if plan.merged and dice.chance(6):  # what people say when all is over
        plan.says.append((plan.merged + dice.between(5, 900), dice.one(people), "issue", ""))


def _merge(dice: Dice, plan: Plan, when: int) -> None:
    last = max([when, *(each.committed for each in plan.commits)])
    plan.merged = plan.closed = _later(dice, plan.author, last, _MERGE)


def _late(plan: Plan, people: Sequence[Person]) -> None:
    """Every 61st is looked at again after a month, whatever became of it."""
    if people and plan.nth % 61 == 17:
        plan.says.append((plan.created + _MONTH, people[0], "review", "commented"))


def _later(dice: Dice, who: Person, when: int, minutes: Sequence[int]) -> int:
    then = when + dice.spread(minutes) * MINUTE + dice.below(MINUTE)
    return then if who.kind == "bot" else at_work(dice, who, then)

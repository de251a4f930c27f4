"""Things of one repository at random: few instants, so that much happens at once."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from devhealth.models.records import Record
from tests.devhealth.delivery.things import deployed, incident, landed, of, pull, ran
from tests.devhealth.metrics.worlds import at

START = at("2026-01-05 00:00")  # a Monday
HASHES = [f"c{number}" for number in range(7)]
ELSEWHERE = ["gone", "x1", "x2"]
NUMBERS = range(1, 6)
TITLES = [
    "Down",
    "#1",
    "see !2",
    "since https://github.com/acme/api/pull/3",
    "https://github.com/acme/api/deployments/d1",
]

moments = st.one_of(
    st.integers(0, 20).map(lambda count: START + timedelta(hours=6 * count)),
    # Nine seconds are 0.0025 hours: what is rounded to six decimals is exact.
    st.integers(0, 6).map(lambda count: START + timedelta(hours=12, seconds=9 * count)),
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def worlds(draw: st.DrawFn) -> list[Record]:
    return [
        *draw(_branch()),
        *draw(_pull_requests()),
        *draw(_deployments()),
        *draw(_incidents()),
        *draw(_attempts()),
    ]


@st.composite
def _branch(draw: st.DrawFn) -> list[Record]:
    names = draw(st.lists(st.sampled_from([*HASHES, "x1"]), unique=True, max_size=7))
    return [
        landed(name, draw(moments), parents=draw(st.sampled_from([0, 1, 1, 2]))) for name in names
    ]


@st.composite
def _pull_requests(draw: st.DrawFn) -> list[Record]:
    numbers = draw(st.lists(st.sampled_from(NUMBERS), unique=True))
    became = draw(st.permutations([*HASHES, "gone", None, None]))
    things: list[Record] = []
    for number, become in zip(numbers, became, strict=False):
        merged = draw(maybe(moments))
        things.append(
            pull(
                number,
                merged,
                become if merged else None,
                begun=draw(moments),
                is_into_default=draw(st.sampled_from([True, True, False])),
                commits_count=draw(st.sampled_from([1, 2, 3])),
                reverts_number=draw(maybe(st.sampled_from(NUMBERS))),
            )
        )
        branch = draw(st.lists(st.sampled_from([*HASHES, *ELSEWHERE]), unique=True, max_size=2))
        things += of(number, *branch)
    return things


@st.composite
def _deployments(draw: st.DrawFn) -> list[Record]:
    things: list[Record] = []
    for place in range(draw(st.integers(0, 6))):
        status = draw(st.sampled_from(["success"] * 4 + ["failed", "cancelled", "pending"]))
        created = draw(moments)
        things.append(
            deployed(
                f"d{place}",
                None if status == "pending" else draw(moments),
                draw(maybe(st.sampled_from([*HASHES, *ELSEWHERE]))),
                status,
                draw(st.sampled_from(["production", "production", "staging"])),
                created=created,
                kind=draw(st.sampled_from(["deployment"] * 5 + ["release"])),
                ref=draw(st.sampled_from(["main", "main", "topic"])),
                deploy_minutes=draw(maybe(st.sampled_from([1.0, 2.5, 10.0]))),
            )
        )
    return things


@st.composite
def _incidents(draw: st.DrawFn) -> list[Record]:
    things: list[Record] = []
    for place in range(draw(st.integers(0, 4))):
        began = draw(moments)
        native = draw(st.sampled_from([None, None, "d0", "lost"]))
        things.append(
            incident(
                f"i{place}",
                began,
                draw(
                    maybe(st.integers(0, 99).map(lambda count, b=began: b + timedelta(hours=count)))
                ),
                title=draw(st.sampled_from(TITLES)),
                deployment_id=native,
                link_basis="native" if native else None,
            )
        )
    return things


@st.composite
def _attempts(draw: st.DrawFn) -> list[Record]:
    things: list[Record] = []
    for run in range(draw(st.integers(0, 5))):
        attempts = draw(st.integers(1, 2))
        is_default = draw(st.booleans())
        for attempt in range(1, attempts + 1):
            status = draw(
                st.sampled_from(["success", "success", "failed", "failed", "cancelled", "skipped"])
            )
            things.append(
                ran(
                    f"{run}.{attempt}",
                    draw(moments),
                    status,
                    draw(maybe(st.sampled_from(HASHES[:2]))),
                    name=draw(st.sampled_from(["test", "test", "lint"])),
                    branch="main" if is_default else "topic",
                    is_default_branch=is_default,
                    is_final_attempt=attempt == attempts,
                    queue_minutes=draw(maybe(st.sampled_from([0.5, 3.0]))),
                    duration_minutes=draw(maybe(st.sampled_from([4.0, 7.0, 30.0]))),
                )
            )
    return things

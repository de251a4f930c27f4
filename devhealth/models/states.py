"""
The states of a piece of work, and the moves between them. The database allows no other.

            ┌──────── resume ────────┐
            ▼                        │
   ●──► pending ───── pause ─────► paused
          │ ▲ ▲ ▲                    ▲ │
    claim │ │ │ └── retry ─────────┐ │ │
          │ │ └─ handed back ──┐   │ │ │
          ▼ │                  │   │ │ │
        running ───────────────┘   │ │ │
          │ └───────── pause ──────┼─┘ │
          ├──► failed      ────────┤   │
          ├──► quarantined ────────┤   │
          ├──► canceled ◄──────────┼───┘     pending, failed and quarantined
          │        └───────────────┘         work can be canceled, too
          └──► completed ■

pending       accepted; it begins when it is due and there is room
running       somebody works on it
completed     done, for good
failed        a person must act first: its error says what to do
canceled      somebody, or the plan's limits, said no; `retry` takes it up again where it may
paused        somebody said: not now
quarantined   began three times and never came back: it kills whoever works on it
"""

from enum import StrEnum


class State(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    PAUSED = "paused"
    QUARANTINED = "quarantined"


MOVES: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.RUNNING, State.PAUSED, State.CANCELED}),
    State.RUNNING: frozenset(State) - {State.RUNNING},
    State.PAUSED: frozenset({State.PENDING, State.CANCELED}),
    State.FAILED: frozenset({State.PENDING, State.CANCELED}),
    State.QUARANTINED: frozenset({State.PENDING, State.CANCELED}),
    State.CANCELED: frozenset({State.PENDING}),
    State.COMPLETED: frozenset(),
}

ENDED = frozenset({State.COMPLETED, State.FAILED, State.CANCELED, State.QUARANTINED})


def may_move(before: State, after: State) -> bool:
    return after in MOVES[before]

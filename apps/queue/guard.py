"""What the database does by itself: it keeps the state machine, and moves the queue's own rows.

A trigger refuses what `states.MOVES` does not allow; `mechanics.sql` has the queue's functions. A
change of either takes a migration that runs `guard_function` or `mechanics` again.
"""

from pathlib import Path

from django.db.migrations import RunSQL

from apps.queue.models import MOST_RUNNING
from devhealth.models.states import MOVES, State

FUNCTION = "public.devhealth_guard_state"
MECHANICS = Path(__file__).with_name("mechanics.sql")
MOST_PARKED = 1_000  # at once


def guard_function() -> RunSQL:
    moves = ", ".join(f"'{before}>{after}'" for before in State for after in sorted(MOVES[before]))
    return RunSQL(
        f"""
        create or replace function {FUNCTION}() returns trigger language plpgsql as $$
        begin
            if tg_op = 'INSERT' then
                if new.state <> '{State.PENDING}' then
                    raise check_violation using message = 'work begins as pending';
                end if;
            elsif new.state <> old.state
                and old.state || '>' || new.state <> all (array[{moves}]) then
                raise check_violation using message =
                    format('%s work cannot become %s', old.state, new.state);
            end if;
            return new;
        end $$
        """,
        f"drop function {FUNCTION}()",
    )


def guarded(table: str) -> RunSQL:
    """The table's `state` moves as the machine allows. In a tenant's schema, too."""
    return RunSQL(
        f"create trigger guard_state before insert or update of state on {table} "
        f"for each row execute function {FUNCTION}()",
        f"drop trigger guard_state on {table}",
    )


def refusal_function() -> RunSQL:
    """For triggers whose condition says all: they refuse, with the sentence they are given."""
    return RunSQL(
        """
        create or replace function public.devhealth_refuse() returns trigger language plpgsql as $$
        begin
            raise check_violation using message = tg_argv[0];
        end $$
        """,
        "drop function public.devhealth_refuse()",
    )


def mechanics() -> RunSQL:
    """The functions that add, claim and end units.

    What they name may be of a later migration than the one that runs this first.
    """
    text = f"set local check_function_bodies = off;\n{MECHANICS.read_text()}"
    return RunSQL(
        text.format(most_running=MOST_RUNNING, most_parked=MOST_PARKED),
        "drop function queue_end, queue_claim, queue_wake, queue_notice, queue_add, queue_is_due",
    )

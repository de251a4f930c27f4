from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from apps.orgs import migrating, schemas
from apps.orgs.migrating import Outcome
from tests.apps.orgs.test_schemas import forget, newest, unapply
from tests.tenants import in_threads

pytestmark = pytest.mark.jobs


def run(*arguments):
    out, err = StringIO(), StringIO()
    try:
        call_command("migrate_tenants", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return str(error), out.getvalue(), err.getvalue()
    return "", out.getvalue(), err.getvalue()


def mend(schema):
    """What was in the way is gone."""
    with schema_context(schema):
        MigrationRecorder(connection).record_applied("pipeline", newest()[0])
    unapply(schema)


def test_where_nothing_is_to_do_nobody_is_migrated(acme, globex):
    assert list(migrating.migrate()) == []


def test_who_lacks_nothing_is_read_together_with_all_others(acme, globex):
    with CaptureQueriesContext(connection) as captured:
        migrating.outdated()
    asked = [each["sql"] for each in captured if "from" in each["sql"].lower()]
    assert len(asked) == 3  # the organisations, which schemas there are, what they lack


def test_only_who_lacks_something_is_migrated(acme, globex):
    schema = acme.organization.schema_name
    unapply(schema)
    assert list(migrating.migrate()) == [Outcome(schema, 1)]
    assert migrating.outdated() == []


def test_who_fails_is_told_with_the_reason_and_keeps_nobody(acme, globex):
    broken, behind = sorted((acme.organization.schema_name, globex.organization.schema_name))
    forget(broken)  # its columns are in the way
    unapply(behind)
    code, _, err = run()
    assert code.startswith("1 failed")
    assert err.startswith(f"{broken}: ProgrammingError: ")
    assert migrating.outdated() == [broken]


def test_the_next_call_does_what_was_left(acme, globex):
    broken = acme.organization.schema_name
    forget(broken)
    run()
    mend(broken)
    assert run("--verbosity", "2") == (
        "",
        f"{broken}: 1 migrations\n2 organisations; 1 schemas brought up.\n",
        "",
    )


def test_the_template_comes_first_so_that_who_is_new_lacks_nothing(acme, globex):
    unapply(schemas.TEMPLATE)
    assert list(migrating.migrate()) == [Outcome(schemas.TEMPLATE, 1)]


def test_a_check_changes_nothing_and_says_so(acme, globex):
    assert run("--check") == ("", "Every schema is up to date.\n", "")
    unapply(acme.organization.schema_name)
    for _ in range(2):
        assert run("--check")[0].startswith("1 schemas lack migrations")


def test_two_at_once_take_turns(initech):
    schema = initech.organization.schema_name
    unapply(schema)
    assert sorted(in_threads(lambda _: [schemas.bring_up(schema)], threads=4)) == [0, 0, 0, 1]


def test_processes_share_what_is_to_do(initech, tenants):
    behind = sorted([initech.organization.schema_name, tenants["acme"].organization.schema_name])
    for each in behind:
        unapply(each)
    assert list(migrating.migrate(jobs=2)) == [Outcome(each, 1) for each in behind]

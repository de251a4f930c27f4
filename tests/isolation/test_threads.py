"""Eight threads, acme and globex in turn on the same connections, and things that go wrong."""

from itertools import chain, count, cycle, islice
from threading import Barrier

import pytest
from django.conf import settings
from django.db import (
    DatabaseError,
    OperationalError,
    close_old_connections,
    connection,
    connections,
    transaction,
)
from django.urls import reverse
from django_tenants.utils import tenant_context

from apps.metrics.models import Team
from apps.metrics.store import sink_of_work, store
from apps.queue import actors, services
from apps.queue.models import WorkUnit
from apps.web.admin.organization_site import site
from devhealth.models.records import Repository
from tests import work
from tests.apps.web.admins import names_of
from tests.browsers import Browser
from tests.isolation import graph, rest
from tests.isolation.answers import told
from tests.isolation.marks import ACME, GLOBEX
from tests.isolation.values import OF_A_PROVIDER
from tests.tenants import THREADS, ask, in_threads

pytestmark = pytest.mark.isolation

SINGLE = (
    "index",
    "billing",
    "organization",
    "quarantine",
    "identities",
    "suggestions",
    "backfill_new",
    "directory_settings",
    "category_rules",
)
READS = [each for each in rest.operations() if each.is_read and each.name not in OF_A_PROVIDER]
ROOTS = graph.roots()
PAGES = [
    name
    for name, takes in names_of(site.get_urls())
    if not takes and (name.endswith(("_changelist", "_export")) or name in SINGLE)
]
TURNS = 40  # of a thread
CUT = "cut"  # an answer that is streamed and broke off: it had begun, so it has no other status
KILL = """
select pg_terminate_backend(pid) from pg_stat_activity
where pid <> pg_backend_pid() and usename = current_user and datname = current_database()
"""


@pytest.fixture
def open_world(seeded, django_db_blocker):
    """Without a transaction around it: threads have connections of their own."""
    with django_db_blocker.unblock():
        yield seeded
        connections.close_all()


def crossed(world, tenant, answer):
    """What of the other organisation stands in an answer, and the answer's status."""
    try:
        text = told(answer).lower()
    except OperationalError:
        return [], CUT
    return [each for each in world.secrets(world.other(tenant)) if each in text], answer.status_code


def questions(number):
    """REST, GraphQL and the admin, each thread from another one on."""
    doors = cycle(chain.from_iterable(zip(cycle(PAGES), [*READS, *ROOTS])))
    return islice(doors, number * 14, number * 14 + TURNS)


def entered(tenant):
    """A browser of the owner's, in the admin."""
    browser = Browser()
    browser.log_in(tenant.owner)
    browser.get(f"http://{tenant.host}:8000/admin/")
    return browser.client(tenant.host)


def asked(door, tenant, browsers):
    close_old_connections()  # as a server does before each request, and Django's test client not
    if isinstance(door, str):
        return browsers[tenant.host].get(reverse(f"admin:{door}", urlconf="config.urls"))
    is_rest = isinstance(door, rest.Operation)
    by = tenant.client()
    return door.call(by=tenant.organization.slug).by(by) if is_rest else ask(by, door.document)


def asking(world, disturb=lambda number, turn, tenant: None):
    """What was crossed, and with which statuses, by a thread that asks for both in turn."""
    all_entered = Barrier(THREADS)

    def act(number):
        answers, browsers = [], {each.host: entered(each) for each in (world.acme, world.globex)}
        all_entered.wait(timeout=60)
        for turn, door in enumerate(questions(number)):
            tenant = (world.acme, world.globex)[(number + turn) % 2]
            disturb(number, turn, world.other(tenant))
            answer = asked(door, tenant, browsers)
            answers.append(crossed(world, tenant, answer))
        return answers

    return act


def test_nothing_crosses_between_threads(open_world):
    answers = in_threads(asking(open_world))
    assert [found for found, _ in answers if found] == []
    assert {status for _, status in answers} == {200}


def rolled_back(number, turn, other):
    """The other one's work before, which ended badly."""
    try:
        with tenant_context(other.organization), transaction.atomic():
            Team.objects.create(name=f"{number} {turn}")
            raise DatabaseError
    except DatabaseError:
        assert connection.in_atomic_block is False


def left_behind(number, turn, other):
    """The thread still has the other one's schema, as after work that forgot to leave."""
    connection.set_tenant(other.organization)


def too_slow(number, turn, other):
    """The other one's statement took too long."""
    with tenant_context(other.organization), pytest.raises(DatabaseError):
        sleep()


@transaction.atomic
def sleep():
    with connection.cursor() as cursor:
        cursor.execute("set local statement_timeout = 1")
        cursor.execute("select pg_sleep(1)")


def failing_request(number, turn, other):
    """The other one's request, refused halfway."""
    other.send("POST", "teams", {"name": f"{other.organization.slug}-team-name-shared"})


@pytest.mark.parametrize(
    "disturb", [rolled_back, left_behind, too_slow, failing_request], ids=lambda each: each.__name__
)
def test_nothing_crosses_after_what_went_wrong(open_world, disturb):
    answers = in_threads(asking(open_world, disturb))
    assert [found for found, _ in answers if found] == []
    assert {status for _, status in answers} == {200}


def killing(number, turn, other):
    """Every connection of Django's dies, whoever has it."""
    if (number, turn) in ((0, 3), (1, 12)):
        with connection.cursor() as cursor:
            cursor.execute(KILL)


def test_nothing_crosses_when_connections_are_killed(open_world):
    answers = in_threads(asking(open_world, killing))
    assert [found for found, _ in answers if found] == []
    statuses = [status for _, status in answers]
    assert {200, 503} <= set(statuses) <= {200, 503, CUT}
    assert statuses.count(200) > len(statuses) / 2


# --- workers -------------------------------------------------------------------------------------

NAMES = (f"isolation.{number}" for number in count())


@pytest.fixture
def units(open_world):
    """A body for an actor; its units of both organisations, interleaved, done by eight threads."""

    def done(body):
        name = next(NAMES)
        with work.actor(name, body):
            for turn in range(40):
                tenant = (open_world.acme, open_world.globex)[turn % 2]
                services.add(name, tenant.organization.id)
            in_threads(lambda number: [actors.drain("sync")])
        states = list(WorkUnit.objects.filter(actor=name).values_list("state", flat=True))
        WorkUnit.objects.filter(actor=name).delete()
        return states

    yield done
    connection.set_schema_to_public()


def slug_of(world, organization_id):
    return ACME if organization_id == world.acme.organization.id else GLOBEX


def test_a_unit_sees_its_own_organisation_only(open_world, units):
    seen = []

    def body(unit):
        teams = list(Team.objects.values_list("name", flat=True))
        rows = sink_of_work(unit.organization_id, unit.claimed_at).read(Repository)
        seen.append((slug_of(open_world, unit.organization_id), teams, rows["url"].to_list()))

    assert units(body) == ["completed"] * 40
    assert len(seen) == 40
    for slug, teams, urls in seen:
        assert {each.startswith(slug) for each in teams + urls} == {True}


def test_a_unit_that_fails_leaves_nothing_to_the_next(open_world, units):
    seen = []

    def body(unit):
        seen.append((slug_of(open_world, unit.organization_id), list(Team.objects.all())))
        with transaction.atomic():
            Team.objects.create(name=f"left by {unit.claim.id}")
            raise RuntimeError("nobody foresaw it")

    assert set(units(body)) <= {"pending", "failed", "quarantined"}
    for slug, teams in seen:
        assert {each.name.startswith(slug) for each in teams} == {True}


def test_a_unit_gets_no_sink_of_the_other_organisation(open_world, units):
    refused = []

    def body(unit):
        foreign = next(
            each.organization.id
            for each in (open_world.acme, open_world.globex)
            if each.organization.id != unit.organization_id
        )
        with pytest.raises(RuntimeError, match="asked for"):
            sink_of_work(foreign, unit.claimed_at)
        refused.append(unit)

    assert units(body) == ["completed"] * len(refused)
    assert len(refused) == 40


def test_the_store_is_one_for_all_threads(open_world):
    assert settings.DATABASE_URI
    assert len(set(in_threads(lambda number: [id(store())]))) == 1

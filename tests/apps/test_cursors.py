from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import CharField
from django_tenants.utils import tenant_context

from apps.cursors import Order, Places, page
from apps.errors import BadRequest
from apps.orgs.models import ApiToken, Membership
from apps.orgs.services import issue_token

VALUES = [date(2026, 1, 1), "a", 3]


@pytest.mark.parametrize("cursor", ["", "x", "x.y", "é", "\x00", "W10.", "." * 10_000])
def test_garbage_is_refused(cursor):
    with pytest.raises(BadRequest):
        Places("acme").read(cursor)


@pytest.mark.parametrize("at", [0, 5, -1])
def test_a_changed_character_is_noticed(at):
    cursor = list(Places("acme").write(VALUES))
    cursor[at] = "A" if cursor[at] != "A" else "B"
    with pytest.raises(BadRequest):
        Places("acme").read("".join(cursor))


def test_a_cursor_from_elsewhere_is_refused():
    with pytest.raises(BadRequest):
        Places("globex", 1).read(Places("acme", 1).write(VALUES))


def test_what_is_written_is_read():
    assert Places("acme").read(Places("acme").write(VALUES)) == ["2026-01-01", "a", 3]


def test_ids_and_decimals_are_written_as_text():
    values = [UUID(int=1), Decimal("1.50"), None, 2.5]
    read = Places("acme").read(Places("acme").write(values))
    assert read == ["00000000-0000-0000-0000-000000000001", "1.50", None, 2.5]


def test_a_cursor_needs_no_escaping_in_a_url():
    assert set(Places("acme").write(VALUES)) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    )


# --- pages of a model's rows ---------------------------------------------------------------------


NEWEST = ("-created_at", "-id")
MIXED = ("name", "-created_at", "id")
THREE_UP = ("name", "created_at", "id")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def tokens(acme):
    """Nine beside the first one: three names, made in twos and threes at one instant."""
    for number in range(9):
        token, _ = issue_token(acme.organization, by=acme.owner, name=f"n{number % 3}")
        at = NOON + timedelta(seconds=number // 4)
        ApiToken.objects.filter(id=token.id).update(created_at=at)
    return acme.organization.tokens.exclude(id=acme.token.id)


def walk(queryset, order=NEWEST, limit=2):
    """Every row, page by page."""
    rows, after = [], None
    while True:
        found = page(queryset, order, after=after, limit=limit)
        rows += found.rows
        after = found.next_cursor
        if after is None:
            return rows


def next_page(queryset, cursor, order=NEWEST):
    return page(queryset, order, after=cursor, limit=2).rows


def test_globex_cannot_go_on_where_acme_was(tokens, acme, globex):
    with tenant_context(acme.organization):
        cursor = page(tokens, limit=2).next_cursor
    with tenant_context(globex.organization), pytest.raises(BadRequest):
        page(globex.organization.tokens.all(), after=cursor, limit=2)


@pytest.mark.parametrize(
    ("order", "bound"),
    [(MIXED, ["acme"]), (("created_at", "id"), ["acme"]), (NEWEST, ["globex"]), (NEWEST, ())],
)
def test_another_question_refuses_the_cursor(tokens, order, bound):
    cursor = page(tokens, limit=2, bound=["acme"]).next_cursor
    with pytest.raises(BadRequest):
        page(tokens, order, after=cursor, limit=2, bound=bound)


def test_another_model_refuses_the_cursor(tokens):
    cursor = page(tokens, limit=2).next_cursor
    with pytest.raises(BadRequest):
        page(Membership.objects.all(), after=cursor, limit=2)


def test_a_column_that_changed_its_type_refuses_the_cursor(tokens):
    """So that a value which the signature lets pass can always be read."""
    before = Order(ApiToken, [(CharField(name="id"), True)])
    before.columns[0][0].set_attributes_from_name("id")
    cursor = before.places(()).write(["no uuid"])
    with pytest.raises(BadRequest):
        page(tokens, ("-id",), after=cursor, limit=2)


def test_the_hosts_own_schema_is_no_organisation(tokens, acme):
    cursor = page(tokens, limit=2).next_cursor
    with tenant_context(acme.organization), pytest.raises(BadRequest):
        page(tokens, after=cursor, limit=2)


@pytest.mark.parametrize("order", [NEWEST, MIXED, THREE_UP, ("id",), ("-name", "created_at", "id")])
@pytest.mark.parametrize("limit", [1, 2, 4, 9, 10])
def test_pages_give_every_row_once_and_in_order(tokens, order, limit):
    assert walk(tokens, order, limit) == list(tokens.order_by(*order))


def test_rows_that_come_in_front_change_no_later_page(tokens, acme):
    first = page(tokens, limit=2)
    before = next_page(tokens, first.next_cursor)
    issue_token(acme.organization, by=acme.owner, name="newer")
    assert next_page(tokens, first.next_cursor) == before


def test_the_row_that_a_cursor_names_may_go(tokens):
    first = page(tokens, limit=2)
    cursor = first.next_cursor
    before = next_page(tokens, cursor)
    first.rows[-1].delete()
    assert next_page(tokens, cursor) == before


def test_every_row_has_a_place(tokens):
    rows = page(tokens, limit=9)
    assert next_page(tokens, rows.cursor(rows.rows[3])) == rows.rows[4:6]


def test_the_last_page_names_no_next(tokens):
    assert page(tokens, limit=9).next_cursor is None


def test_no_rows_are_a_page(tokens):
    assert page(tokens.none(), limit=9).rows == []


def test_a_page_is_read_before_it_is_given(tokens, django_assert_num_queries):
    found = page(tokens, limit=2)
    with django_assert_num_queries(0):
        assert len(found.rows) == 2


def test_an_index_answers_where_a_page_begins(tenants, db):
    after = Order.of(ApiToken, NEWEST).after([NOON.isoformat(), str(uuid4())])
    with connection.cursor() as cursor:
        cursor.execute("create index on orgs_apitoken (created_at desc, id desc)")
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
    plan = ApiToken.objects.filter(after).order_by(*NEWEST).explain()
    assert "Index Cond: (ROW(created_at, id) < ROW(" in plan


@pytest.mark.parametrize(
    ("order", "model"), [(("-expires_at", "id"), ApiToken), (("created_at",), ApiToken)]
)
def test_an_order_with_nulls_or_ties_is_our_own_mistake(order, model):
    with pytest.raises(ValueError, match="no nulls"):
        Order.of(model, order)

"""What the pages' few lines of script do, in a Chromium: the pages are ours, no server is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route

from apps.orgs.founding import suggested_slug
from tests.apps.web.people import somebody, text_of
from tests.browsers import ACCOUNT, Browser
from tests.chromium import needs_chromium, opened

LINK = f"{ACCOUNT}invitations/accept"
NEW = f"{ACCOUNT}organizations/new"
SECRET = "dhi_a-secret-of-nobody"

pytestmark = needs_chromium


class Site:
    """Pages that were rendered before; `page` may be told to be another one. Notes what is sent."""

    def __init__(self, page: str) -> None:
        self.page = page
        self.sent: list[dict[str, list[str]]] = []

    def answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if route.request.method == "POST":
            self.sent.append(parse_qs(route.request.post_data or ""))
        if path.startswith("/static/"):
            route.fulfill(path=finders.find(path.removeprefix("/static/")))
        else:
            route.fulfill(body=self.page, content_type="text/html")

    @contextmanager
    def opened(self, **more: Any) -> Iterator[Page]:
        with opened(**more) as page:
            page.route("**/*", self.answer)
            yield page


@pytest.fixture
def grace(tenants, db):
    return somebody("grace@people.example")[1]


@pytest.fixture
def invited(grace):
    """The link's page for who is logged in."""
    return Site(text_of(grace.get(LINK)))


def secret_in(page):
    return page.input_value("[name=secret]")


def test_the_secret_leaves_the_address_and_stands_in_the_form(invited):
    with invited.opened() as page:
        page.goto(f"{LINK}#{SECRET}")
        assert (page.url, secret_in(page)) == (LINK, SECRET)
        assert not page.is_visible("[name=secret]")


def test_it_is_kept_while_its_person_logs_in(invited):
    logged_in, invited.page = invited.page, text_of(Browser().get(LINK))
    with invited.opened() as page:
        page.goto(f"{LINK}#{SECRET}")
        invited.page = logged_in
        page.goto(LINK)
        assert secret_in(page) == SECRET


def test_it_is_sent_once_and_kept_no_longer(invited):
    with invited.opened() as page:
        page.goto(f"{LINK}#{SECRET}")
        with page.expect_navigation():
            page.click("main button")
        assert [each["secret"] for each in invited.sent] == [[SECRET]]
        assert page.evaluate("sessionStorage.length") == 0


def test_another_tab_knows_nothing_of_it(invited):
    with invited.opened() as page:
        page.goto(f"{LINK}#{SECRET}")
        other = page.context.new_page()
        other.route("**/*", invited.answer)
        other.goto(LINK)
        assert secret_in(other) == ""


def test_without_scripts_it_is_pasted(invited):
    with invited.opened(java_script_enabled=False) as page:
        page.goto(f"{LINK}#{SECRET}")
        assert page.is_visible("[name=secret]")


def test_the_address_follows_the_name_as_the_service_suggests_until_somebody_writes_one(grace):
    names = ["Acme & Sons, Ltd.", "Ärger_2", "-a  b-", "x" * 70, "株式会社", "'quoted'"]
    with Site(text_of(grace.get(NEW))).opened() as page:
        page.goto(NEW)
        for name in names:
            page.fill("[name=name]", name)
            assert page.input_value("[name=slug]") == suggested_slug(name), name
        page.fill("[name=slug]", "mine")
        page.fill("[name=name]", "Another")
        assert page.input_value("[name=slug]") == "mine"

"""From signing up to a history that is filled in."""

import re

import httpx
from django.core import mail

from tests.apps.orgs.people import PASSWORD

EMAIL = "neil@moonbase.example"


def sign_up(walk):
    page = walk.page
    page.goto(f"{walk.account}/account/signup/")
    page.fill("[name=email]", EMAIL)
    for field in page.query_selector_all("[type=password]"):
        field.fill(PASSWORD)
    walk.step("sign-up")
    walk.submit("Sign Up")
    (letter,) = mail.outbox
    page.goto(re.search(r"http\S+", letter.body).group())
    walk.submit("Confirm")


def log_in(walk):
    walk.page.goto(f"{walk.account}/account/login/")
    walk.page.fill("[name=login]", EMAIL)
    walk.page.fill("[name=password]", PASSWORD)
    walk.submit("Sign In")


def found_organization(walk):
    page = walk.page
    page.goto(f"{walk.account}/organizations/new")
    page.fill("[name=name]", "Moonbase")
    walk.step("organisation")
    walk.submit("Create")
    page.wait_for_selector("main a:has-text('Open')", timeout=60_000)
    walk.step("ready")
    page.click("main a:has-text('Open')")
    page.wait_for_url(f"{walk.home('moonbase')}/")
    walk.step("nothing-yet")


def connect(walk):
    page = walk.page
    page.click("main a:has-text('Connect a provider')")
    walk.step("integrations")
    page.click("main a:has-text('GitLab')")
    walk.step("connect")
    page.click("main button:has-text('Go to GitLab')")
    page.wait_for_url("**/oauth2/authorize**")
    page.fill("[name=sub]", "neil")
    page.click("button:has-text('Authorize')")
    page.wait_for_url(f"{walk.home('moonbase')}/integrations/**")
    walk.step("connected")


def choose(walk):
    page = walk.page
    page.click("main a:has-text('Choose')")
    assert "moonbase/old-rocket" not in page.inner_text("form.chooser"), "it is archived"
    page.check("[name=source][value='moonbase/lander']")
    walk.step("choose")
    with page.expect_navigation():
        page.click("button:has-text('Sync these now')")
    page.wait_for_selector(".state-completed", timeout=60_000)
    walk.step("first-sync")


def see(walk, name, days=30):
    """The overview's figure of pull requests merged."""
    page = walk.page
    page.goto(f"{walk.home('moonbase')}/?days={days}")
    until_it_shows(page, "[data-metric=prs_merged] .figure:not(:has-text('–'))")
    walk.step(name)
    return int(page.inner_text("[data-metric=prs_merged] .figure"))


def pay(walk):
    page = walk.page
    page.goto(f"{walk.home('moonbase')}/admin/plan/")
    walk.step("plan")
    with page.expect_navigation():
        page.click("button[value=monthly] >> nth=0")
    page.click("text=On to Stripe")
    page.click("button:has-text('Pay')")
    page.wait_for_url("**/admin/plan/")
    until_it_shows(page, ".tile-number:has-text('Team')")
    walk.step("paid")


def until_it_shows(page, selector):
    """A page that does not ask by itself is opened again, a minute long."""
    for _ in range(60):
        if page.is_visible(selector):
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(f"{selector} does not show: {page.url}")


def fill_in(walk):
    page = walk.page
    page.goto(f"{walk.home('moonbase')}/admin/backfills/new/")
    page.select_option("[name=config]", index=1)
    with page.expect_navigation():
        page.click("[name=preview]")
    walk.step("what-it-would-take")
    with page.expect_navigation():
        page.click("[name=start]")
    walk.step("history-comes-in")
    page.wait_for_selector("text=completed", timeout=120_000)
    walk.step("all-of-it")


def be_told(walk, lab):
    """GitLab is given the webhook's address and secret, and tells of one more merge."""
    page = walk.page
    page.goto(f"{walk.home('moonbase')}/admin/integrations/integration/")
    with page.expect_navigation():
        page.click("#result_list a:has-text('GitLab')")
    with page.expect_navigation():
        page.click("a:has-text('Webhook')")
    with page.expect_navigation():
        page.click("button:has-text('Set it up')")
    secret, address = (page.inner_text(each) for each in (".secret", "dd code"))
    walk.step("webhook")
    httpx.post(
        address, json=lab.merge(), headers={"X-Gitlab-Token": secret}, trust_env=False
    ).raise_for_status()
    page.reload()
    until_it_shows(page, "td:has-text('Looked at.')")


def until_there_are(walk, count):
    """Pull requests merged, on the overview."""
    page = walk.page
    page.goto(f"{walk.home('moonbase')}/?days=90")
    until_it_shows(page, f"[data-metric=prs_merged] .figure:text-is('{count}')")


def test_a_customer_comes_connects_chooses_sees_pays_and_has_all_of_it(walk, lab, paid):
    sign_up(walk)
    log_in(walk)
    found_organization(walk)
    connect(walk)
    choose(walk)
    first = see(walk, "first-figures", days=90)
    pay(walk)
    fill_in(walk)
    whole = see(walk, "figures", days=90)
    assert 0 < first < 10
    assert whole > 35
    be_told(walk, lab)
    until_there_are(walk, whole + 1)
    assert [each for each in walk.said if "Content Security Policy" in each] == []

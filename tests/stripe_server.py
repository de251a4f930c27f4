"""A Stripe on the loopback, with a memory and a clock, for the real SDK to speak to.

It keeps customers, prices, sessions and subscriptions, makes an event of every change and signs
it. Nothing is delivered by itself: a test does that, in whatever order and as often as it likes.
In a browser it has a page to pay on, which then tells the address in `hook` what happened.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from django.test import Client

KEY = "sk_test_OnlyForTestsAndNeverToldToAnybody"
SECRET, OTHER_SECRET = "whsec_the_first_of_the_secrets", "whsec_the_one_that_comes_after_it"
PAGE = 2  # subscriptions of a page, whatever is asked for: the SDK must follow
MONTH = 30 * 86_400
LOOKUP_KEYS = ("team_monthly", "team_yearly", "enterprise_monthly", "enterprise_yearly")

Json = dict[str, Any]

PAGE_TO_PAY = """<!doctype html><html lang="en"><title>Pay</title><h1>A page of Stripe's</h1>
<form method="post" action="{path}"><button>Pay</button></form></html>"""


@dataclass
class FakeStripe:
    url: str = ""
    now: float = field(default_factory=time.time)
    is_down: bool = False
    broken: str = ""
    hook: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    customers: dict[str, Json] = field(default_factory=dict)
    prices: dict[str, Json] = field(default_factory=dict)
    sessions: list[Json] = field(default_factory=list)
    portals: list[Json] = field(default_factory=list)
    subscriptions: dict[str, Json] = field(default_factory=dict)
    events: list[Json] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)
    pause: float = 0

    def __post_init__(self) -> None:
        self._numbers, self._lock = count(1), Lock()
        for key in LOOKUP_KEYS:
            self.add_price(key)

    # --- what happens at Stripe, each with its event ---------------------------------------------

    def add_price(self, lookup_key: str | None, **metadata: str) -> str:
        found = {
            "id": self._id("price"),
            "object": "price",
            "lookup_key": lookup_key,
            "metadata": metadata,
            "recurring": {"interval": "month"},
        }
        self.prices[found["id"]] = found
        return found["id"]

    def price_of(self, lookup_key: str) -> str:
        return next(each["id"] for each in self.prices.values() if each["lookup_key"] == lookup_key)

    def subscribe(self, customer: str, bought: str, status: str = "active") -> str:
        """`bought`: a lookup key, or a price's id."""
        price = bought if bought in self.prices else self.price_of(bought)
        made = {
            "id": self._id("sub"),
            "object": "subscription",
            "customer": customer,
            "status": status,
            "created": int(self.now) + next(self._numbers),
            "cancel_at_period_end": False,
            "cancel_at": None,
            "items": listed([self._item(price)]),
        }
        self.subscriptions[made["id"]] = made
        self.tell("customer.subscription.created", made)
        return made["id"]

    def _item(self, price: str) -> Json:
        return {
            "id": self._id("si"),
            "object": "subscription_item",
            "price": self.prices[price],
            "current_period_start": int(self.now),
            "current_period_end": int(self.now) + MONTH,
        }

    def pay(self, session: Json) -> str:
        """Somebody has filled in the checkout's page."""
        bought = session["line_items[0][price]"]
        subscription = self.subscribe(session["customer"], bought)
        self.tell("checkout.session.completed", {**session, "subscription": subscription})
        return subscription

    def change(self, subscription: str, **fields: Any) -> None:
        self.subscriptions[subscription].update(fields)
        is_over = fields.get("status") in ("canceled", "incomplete_expired")
        kind = "deleted" if is_over else "updated"
        self.tell(f"customer.subscription.{kind}", self.subscriptions[subscription])

    def switch(self, subscription: str, lookup_key: str) -> None:
        """To another price, by the portal."""
        self.change(subscription, items=listed([self._item(self.price_of(lookup_key))]))

    def refund(self, customer: str) -> None:
        self.tell("charge.refunded", {"id": self._id("ch"), "customer": customer})

    def tell(self, kind: str, about: Json) -> Json:
        """An event with the thing as it is at this moment."""
        made = {
            "id": self._id("evt"),
            "object": "event",
            "type": kind,
            "created": int(self.now),
            "data": {"object": json.loads(json.dumps(about))},
        }
        self.events.append(made)
        return made

    def _id(self, kind: str) -> str:
        with self._lock:
            return f"{kind}_{next(self._numbers):06}"

    # --- what a person does ----------------------------------------------------------------------

    def page(self, path: str) -> str:
        """To pay on."""
        return PAGE_TO_PAY.format(path=path)

    def paid(self, path: str) -> str:
        """Where the person is led back to; by then the service has been told."""
        session = next(each for each in self.sessions if each["url"].endswith(path))
        before = len(self.events)
        self.pay(session)
        for event in self.events[before:]:
            body = json.dumps(event)
            headers = {"Stripe-Signature": signature(body), "Content-Type": "application/json"}
            httpx.post(self.hook, content=body, headers=headers, trust_env=False).raise_for_status()
        return str(session["success_url"])

    # --- what is asked of it ---------------------------------------------------------------------

    def answer(self, method: str, path: str, given: Json, key: str | None) -> tuple[int, Json]:
        self.asked.append((method, path))
        if self.is_down or (self.broken and self.broken in path):
            return 500, failure("api_error", "Down.")
        if self.pause:
            time.sleep(self.pause)
        if key and key in self.answers:
            return 200, self.answers[key]
        status, body = self._answer(method, path, given)
        if key and status == 200:
            self.answers[key] = body
        return status, body

    def _answer(self, method: str, path: str, given: Json) -> tuple[int, Json]:
        match method, path.removeprefix("/v1/").split("/"):
            case "POST", ["customers"]:
                return 200, self._made("cus", "customer", given, self.customers)
            case "GET", ["customers", customer]:
                return self._customer(customer)
            case "GET", ["prices"]:
                keys = [each for name, each in given.items() if name.startswith("lookup_keys")]
                found = [each for each in self.prices.values() if each["lookup_key"] in keys]
                return 200, listed(found)
            case "GET", ["subscriptions"]:
                return self._subscriptions(given)
            case "POST", ["checkout", "sessions"]:
                session = self._made("cs", "checkout.session", given, {})
                self.sessions.append(session)
                return 200, session
            case "POST", ["billing_portal", "sessions"]:
                session = self._made("bps", "billing_portal.session", given, {})
                self.portals.append(session)
                return 200, session
        return 404, failure("invalid_request_error", f"Unrecognized request: {path}")

    def _made(self, prefix: str, kind: str, given: Json, kept: dict[str, Json]) -> Json:
        number = self._id(prefix)
        kept[number] = {"id": number, "object": kind, "url": f"{self.url}/pay/{number}", **given}
        return kept[number]

    def _customer(self, customer: str) -> tuple[int, Json]:
        found = self.customers.get(customer)
        return (200, found) if found else (404, failure("invalid_request_error", "No such."))

    def _subscriptions(self, given: Json) -> tuple[int, Json]:
        customer = self.customers.get(given["customer"])
        if customer is None or customer.get("deleted"):
            return 404, failure("invalid_request_error", "No such customer.")
        mine = [
            each for each in self.subscriptions.values() if each["customer"] == given["customer"]
        ]
        mine.sort(key=lambda each: each["created"], reverse=True)
        ids = [each["id"] for each in mine]
        first = ids.index(given["starting_after"]) + 1 if "starting_after" in given else 0
        found = listed(mine[first : first + PAGE])
        return 200, {**found, "has_more": len(mine) > first + PAGE, "url": "/v1/subscriptions"}


def listed(data: list[Json]) -> Json:
    return {"object": "list", "data": data, "has_more": False, "url": "/v1/list"}


def failure(kind: str, message: str) -> Json:
    return {"error": {"type": kind, "message": message}}


# --- its events, delivered -----------------------------------------------------------------------


def signature(body: str, secret: str = SECRET, at: float | None = None) -> str:
    stamp = int(time.time() if at is None else at)
    signed = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={stamp},v1={signed}"


def deliver(event: Json, *, host: str = "localhost", **signing: Any) -> Any:
    """As Stripe does: the same event may be delivered again."""
    body = json.dumps(event)
    return Client(SERVER_NAME=host).post(
        "/webhooks/stripe",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body, **signing)},
    )


# --- the server ----------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeStripe

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/pay/"):
            self._send(200, self.fake.page(address.path), "text/html")
        else:
            self._answer(address.path, address.query)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = self.rfile.read(length).decode()
        if self.path.startswith("/pay/"):
            self._send(303, "", "text/html", Location=self.fake.paid(self.path))
        else:
            self._answer(self.path, form)

    def _answer(self, path: str, form: str) -> None:
        given = {name: values[0] for name, values in parse_qs(form).items()}
        key = self.headers.get("Idempotency-Key") if self.command == "POST" else None
        sent = self.headers.get("Authorization", "")
        if sent == f"Bearer {KEY}":
            status, body = self.fake.answer(self.command, path, given, key)
        else:
            status, body = 401, failure("invalid_request_error", f"Invalid API key: {sent}")
        self._send(status, json.dumps(body), "application/json")

    def _send(self, status: int, text: str, kind: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: tests read what was asked from `asked`."""


@contextmanager
def serving() -> Iterator[FakeStripe]:
    fake = FakeStripe()
    handler = type("Served", (Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join()

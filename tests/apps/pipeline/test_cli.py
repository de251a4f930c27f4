"""`dev-hops backfill` and `dev-hops metrics recompute`, on the server and over HTTP."""

import json
import signal
import subprocess
import sys
import time

import httpx
import pytest
from click.testing import CliRunner

from apps.orgs.models import ApiToken
from apps.pipeline.cli.http import OverHttp
from apps.pipeline.models import BackfillJob
from config.cli import main
from devhealth.errors import Permanent
from tests import work
from tests.apps.pipeline.rows import backfill_job
from tests.apps.pipeline.worlds import ago
from tests.servers import environment, serving

NOWHERE = {"DEVHEALTH_API": "", "DEVHEALTH_TOKEN": ""}


@pytest.fixture(scope="module")
def url(services, tenants):
    with serving(services) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def config(world):
    return world.config()


@pytest.fixture(params=["server", "http"])
def where(request, world):
    """The options that lead to acme, on the server and over HTTP."""
    if request.param == "server":
        return ("--org", "acme")
    return ("--api", request.getfixturevalue("url"), "--token", world.tenant.text)


def hops(*arguments, **variables):
    words = [str(each) for each in arguments]
    return CliRunner().invoke(main, words, env=NOWHERE | variables)


def run(config, where, *more):
    days = ("--since", ago(14), "--before", ago(0))
    return hops("backfill", "run", "--config-id", config.pk, *days, *where, *more)


def state_of(job_id):
    return BackfillJob.objects.get(id=job_id).state


# --- the stranger --------------------------------------------------------------------------------


def test_without_a_token_nothing_is_asked():
    told = hops("backfill", "list", "--api", "http://127.0.0.1:1")
    assert (told.exit_code, "--token" in told.stderr) == (2, True)


def test_a_wrong_token_is_told_no(url):
    told = hops("backfill", "list", "--api", url, "--token", "dh_wrong")
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr == "dev-hops: This is no API token: it has a typo or was cut.\n"


def test_globex_does_not_see_acmes_backfill(world, config):
    job = backfill_job(world.tenant, config)
    told = hops("backfill", "status", job.pk, "--org", "globex")
    assert (told.exit_code, told.stderr) == (2, "dev-hops: There is no such backfill.\n")


def test_the_operators_token_is_written_nowhere(world, config):
    before = ApiToken.objects.count()
    run(config, ("--org", "acme"), "--no-wait")
    assert ApiToken.objects.count() == before


@pytest.mark.parametrize(
    ("org", "words"),
    [((), "say which, --org"), (("--org", "initech"), "no organisation `initech`")],
)
def test_one_of_several_organisations_must_be_named(world, org, words):
    told = hops("backfill", "list", *org)
    assert (told.exit_code, words in told.stderr) == (2, True)


# --- both doors ----------------------------------------------------------------------------------


def test_a_preview_says_what_it_would_take(config, where):
    told = run(config, where, "--dry-run")
    assert (told.exit_code, told.stdout) == (
        0,
        f"2 chunks from {ago(14)} on, about 4 s, 0 requests.\n",
    )
    assert not BackfillJob.objects.exists()


def test_a_preview_beyond_the_tier_says_what_the_next_one_adds(config, where):
    since = ("--since", ago(60), "--before", ago(0))
    told = hops("backfill", "run", "--config-id", config.pk, *since, *where, "--dry-run")
    assert f"team would from {ago(60)} on, with 4 chunks more" in told.stdout


def test_beyond_the_tier_is_a_sentence(config, where):
    told = hops("backfill", "run", "--config-id", config.pk, "--since", ago(60), *where)
    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.startswith("dev-hops: The tier Community fetches the last 30 days")


def test_a_backfill_is_started_and_left_alone(config, where):
    told = run(config, where, "--no-wait", "--json")
    assert (told.exit_code, json.loads(told.stdout)["state"]) == (0, "pending")


def test_what_is_completed_is_well(config, where):
    job = json.loads(run(config, where, "--no-wait", "--json").stdout)
    work.run_all()
    told = hops("backfill", "status", job["id"], "--watch", *where)
    assert told.exit_code == 0
    assert f"{ago(14)} to {ago(0)}: completed, 2 of 2 chunks, 28 rows." in told.stdout


@pytest.mark.parametrize("state", ["failed", "canceled", "paused", "quarantined"])
def test_what_ended_otherwise_is_not(world, config, where, state):
    job = backfill_job(world.tenant, config, state)
    told = hops("backfill", "status", job.pk, "--watch", "--json", *where)
    assert (told.exit_code, json.loads(told.stdout)["state"]) == (2, state)


def test_to_look_is_no_judgement(world, config, where):
    job = backfill_job(world.tenant, config, "failed")
    assert hops("backfill", "status", job.pk, *where).exit_code == 0


def test_the_newest_backfill_is_listed_first(world, config, where):
    jobs = [backfill_job(world.tenant, config) for _ in range(3)]
    told = hops("backfill", "list", "--limit", 2, "--json", *where)
    assert [each["id"] for each in json.loads(told.stdout)] == [str(jobs[2].pk), str(jobs[1].pk)]


def test_both_doors_say_the_same(world, config, url):
    job = backfill_job(world.tenant, config, "running", ("completed", "pending"))
    here = hops("backfill", "status", job.pk, "--json", "--org", "acme")
    there = hops(
        "backfill", "status", job.pk, "--json", DEVHEALTH_API=url, DEVHEALTH_TOKEN=world.tenant.text
    )
    assert here.stdout == there.stdout


def test_metrics_are_computed_anew(where):
    told = hops("metrics", "recompute", "--since", ago(10), "--no-wait", "--json", *where)
    work.run_all()
    asked = json.loads(told.stdout)
    assert (told.exit_code, asked["state"], asked["since"]) == (0, "pending", str(ago(10)))


# --- waiting, as a process of its own ------------------------------------------------------------


@pytest.fixture
def process(services, world, config, url):
    """A run that waits, over HTTP."""
    days = ["--since", str(ago(14)), "--before", str(ago(0))]
    command = [sys.executable, "-m", "config.cli", "backfill", "run", "--json", *days]
    command += ["--config-id", str(config.pk), "--api", url, "--token", world.tenant.text]
    with subprocess.Popen(
        command,
        env=environment(services),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        until = time.monotonic() + 30
        while not BackfillJob.objects.exists() and time.monotonic() < until:
            time.sleep(0.1)
        yield started
        started.kill()


def test_a_run_is_followed_to_its_end(process):
    work.run_all()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["state"] == "completed"


def test_who_stops_looking_stops_no_job(process):
    time.sleep(1)  # it is asleep between two questions
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    job = BackfillJob.objects.get()
    assert (process.returncode, out, job.state) == (2, "", "pending")
    assert f"dev-hops backfill status {job.pk} --watch" in err


# --- over HTTP, when things go wrong -------------------------------------------------------------


def over_http(*replies):
    """A door behind which these replies wait, what it was asked, and how long it slept."""
    waiting, asked, slept = list(replies), [], []

    def answer(request):
        asked.append(request)
        reply = waiting.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    client = httpx.Client(base_url="http://x/api/v1/", transport=httpx.MockTransport(answer))
    return OverHttp(client, slept.append), asked, slept


def test_what_has_not_changed_is_not_sent_again():
    first = httpx.Response(200, json={"id": 1}, headers={"ETag": '"a"', "Retry-After": "7"})
    door, asked, _ = over_http(first, httpx.Response(304, headers={"Retry-After": "9"}))
    told = [door.job("1"), door.job("1")]
    assert [(each.value, each.wait) for each in told] == [({"id": 1}, 7), ({"id": 1}, 9)]
    assert asked[1].headers["If-None-Match"] == '"a"'


def test_an_answer_that_got_lost_is_asked_for_again_by_the_same_key():
    door, asked, _ = over_http(httpx.ReadError("lost"), httpx.Response(202, json={"id": 1}))
    assert door.start({}) == {"id": 1}
    assert len({request.headers["Idempotency-Key"] for request in asked}) == 1


def test_who_is_told_to_wait_waits():
    busy = httpx.Response(429, headers={"Retry-After": "3"})
    door, _, slept = over_http(busy, httpx.Response(200, json={}))
    door.job("1")
    assert slept == [3]


def test_nobody_there_is_a_sentence():
    door, _, _ = over_http(*[httpx.ConnectError("refused")] * 5)
    with pytest.raises(Permanent, match="cannot be reached"):
        door.jobs(1)


@pytest.mark.parametrize("body", ["<html>", "[]", "{}"])
def test_what_is_no_service_of_ours_is_a_sentence(body):
    door, _, _ = over_http(httpx.Response(404, text=body))
    with pytest.raises(Permanent, match="answered 404: is that the address"):
        door.jobs(1)

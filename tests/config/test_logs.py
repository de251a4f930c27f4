import json
import logging
import os
import subprocess
import sys

import pytest

from apps.trace import TraceFilter, traced
from config.logs import Discreet, JsonFormatter

TOKEN = "dh_" + "a" * 36


def line(message, *arguments, formatter=None, **more):
    record = logging.LogRecord("devhealth.x", logging.INFO, "", 0, message, arguments, None)
    record.__dict__.update(more)
    TraceFilter().filter(record)
    return (formatter or JsonFormatter(secrets=["very secret value"])).format(record)


def told(*arguments, **more):
    return json.loads(line(*arguments, **more))


@pytest.mark.parametrize("formatter", [JsonFormatter(secrets=["very secret"]), Discreet()])
@pytest.mark.parametrize(
    "text",
    [
        f"sent {TOKEN}",
        "at postgresql://ops:s3cret-word@db/x",
        "at redis://:s3cret-word@db",
        "host=db password=s3cret-word",
        "Authorization: Bearer s3cret-word",
    ],
)
def test_no_secret_is_written(formatter, text):
    shown = line(text, formatter=formatter)
    assert ("***" in shown, "s3cret-word" in shown, TOKEN in shown) == (True, False, False)


def test_what_only_the_operator_knows_is_not_written_either():
    assert told("it is %s", "very secret value")["message"] == "it is ***"


def test_an_exceptions_text_is_as_discreet():
    try:
        raise ValueError("postgresql://ops:s3cret-word@db/x")
    except ValueError:
        shown = told("failed", exc_info=sys.exc_info())
    assert "ValueError" in shown["exception"]
    assert "s3cret-word" not in shown["exception"]


def test_a_line_is_one_json_object_however_long_the_message():
    assert len(line("one\ntwo").splitlines()) == 1


def test_the_time_is_utc():
    assert told("now", created=0.25)["time"] == "1970-01-01T00:00:00.250+00:00"


def test_ids_are_told_where_they_are_known():
    with traced(request_id="r", unit_id=7):
        shown = told("x")
    assert (shown["request_id"], shown["unit_id"], "organization_id" in shown) == ("r", "7", False)


def settings_say(**environment):
    """What a fresh process writes for a warning, or the last line of why it does not start."""
    code = (
        "import django; django.setup()\n"
        "import logging; logging.getLogger('dramatiq.x').warning('hello')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DJANGO_SECRET_KEY": "only for tests",
            "CONTROL_DATABASE_URI": "postgresql://h/d",
            "DATABASE_URI": "postgresql://h/d",
            "REDIS_URL": "redis://h",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr.strip().splitlines()[-1]


def test_production_writes_json():
    assert json.loads(settings_say())["message"] == "hello"


def test_development_writes_text():
    assert settings_say(DEVHEALTH_ENV="development").endswith(
        "WARNING dramatiq.x request=- unit=- organization=- hello"
    )


def test_either_can_be_asked_for():
    assert "request=-" in settings_say(DEVHEALTH_LOG_FORMAT="text")


def test_another_format_is_refused():
    assert "`json` or `text`" in settings_say(DEVHEALTH_LOG_FORMAT="xml")

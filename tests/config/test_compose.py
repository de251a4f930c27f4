import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
PROCFILE = dict(
    line.split(": ", maxsplit=1) for line in (ROOT / "Procfile").read_text().splitlines()
)
APP = {name: each for name, each in SERVICES.items() if each["image"] == "devhealth"}
DATABASES = {name: each for name, each in SERVICES.items() if name not in APP}
COMPOSES_OWN = {"COMPOSE_PROFILES"}
REQUIRED = re.compile(r"(?<!\$)\$\{(\w+):\?([^}]*)\}")
REFERENCE = re.compile(r"(?<!\$)\$\{?([A-Z]\w*)")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|AUTH$")
URI_PASSWORD = re.compile(r"://[^@/\s]*:([^@\s]+)@")


def environment(name):
    return SERVICES[name].get("environment", {})


def asked_of_the_operator():
    """What Compose takes from `.env` or the shell."""
    passed_on = {key for name in APP for key, value in environment(name).items() if value is None}
    return passed_on | set(REFERENCE.findall(TEXT))


def told(path):
    return re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / path).read_text(), re.MULTILINE)


def documented():
    return set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs/configuration.md").read_text()))


def test_every_process_of_the_procfile_is_a_service_with_its_command():
    assert {name: each["command"] for name, each in APP.items() if name != "migrate"} == PROCFILE


def test_the_processes_wait_for_databases_and_for_what_migrates_them():
    waits = {
        name: {other: each["condition"] for other, each in SERVICES[name]["depends_on"].items()}
        for name in PROCFILE
    }
    expected = {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "valkey": "service_healthy",
    }
    assert waits == dict.fromkeys(PROCFILE, expected)


def test_both_databases_are_migrated_once():
    (shell, flag, script) = SERVICES["migrate"]["command"]
    assert (shell, flag) == ("sh", "-c")
    assert [shlex.split(each)[:3] for each in script.split("&&")] == [
        ["python", "manage.py", "migrate_tenants"],
        ["dev-hops", "migrate"],
    ]
    assert SERVICES["migrate"]["restart"] == "no"


def test_a_store_that_runs_only_when_asked_for_is_waited_for_only_then():
    assert SERVICES["migrate"]["depends_on"]["clickhouse"] == {
        "condition": "service_healthy",
        "required": False,
    }


def test_one_service_builds_the_image_of_all():
    assert [name for name, each in SERVICES.items() if "build" in each] == ["migrate"]
    assert {each["pull_policy"] for each in APP.values()} == {"never"}


def test_a_worker_has_the_time_it_needs_to_hand_back_its_work():
    assert {each["stop_grace_period"] for each in APP.values()} == {"60s"}


def test_four_databases_run_at_a_major_of_their_own():
    assert {name: each["image"] for name, each in DATABASES.items()} == {
        "postgres": "postgres:18",
        "valkey": "valkey/valkey:9",
        "clickhouse": "clickhouse/clickhouse-server:26.8",
        "mongodb": "mongo:8",
    }


def test_only_what_every_installation_needs_runs_unasked():
    profiles = {name: each["profiles"] for name, each in SERVICES.items() if "profiles" in each}
    assert profiles == {"clickhouse": ["clickhouse"], "mongodb": ["mongodb"]}


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_keeps_its_data_and_says_whether_it_is_well(name):
    volumes = [each.partition(":")[0] for each in SERVICES[name]["volumes"]]
    assert volumes
    assert set(volumes) <= COMPOSE["volumes"].keys()
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_postgresql_18_keeps_its_data_where_its_image_looks_for_it():
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_web_alone_is_published_and_on_this_machine_only():
    published = {name: each["ports"] for name, each in SERVICES.items() if "ports" in each}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:${PORT:-8000}"]}
    assert not [name for name, each in SERVICES.items() if "network_mode" in each]


def test_web_is_asked_whether_it_lives():
    assert "http://127.0.0.1:${PORT:-8000}/livez" in SERVICES["web"]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_holds_no_secret_of_ours(name):
    values = {key: value for key, value in environment(name).items() if value is not None}
    secrets = [value for key, value in values.items() if SECRET.search(key)]
    secrets += [found for value in values.values() for found in URI_PASSWORD.findall(value)]
    assert [value for value in secrets if not value.startswith("${")] == []


def test_no_password_has_a_default():
    assert re.findall(r"\$\{\w*(?:PASSWORD|SECRET|TOKEN)\w*:?-[^}]+\}", TEXT) == []


def test_no_command_line_and_no_check_names_a_password():
    lines = [each.get(key, "") for each in SERVICES.values() for key in ("command", "entrypoint")]
    lines += [each["healthcheck"]["test"] for each in SERVICES.values() if "healthcheck" in each]
    # `$$` is left to the container's own shell.
    assert [name for name in REFERENCE.findall(str(lines)) if SECRET.search(name)] == []


def test_what_must_be_set_is_refused_with_a_sentence():
    assert {name for name, _ in REQUIRED.findall(TEXT)} == {
        "DJANGO_SECRET_KEY",
        "POSTGRES_PASSWORD",
        "VALKEY_PASSWORD",
    }
    assert {sentence for _, sentence in REQUIRED.findall(TEXT)} == {
        f"Set {name} in .env, see .env.example." for name, _ in REQUIRED.findall(TEXT)
    }


def test_the_example_names_all_that_may_be_set_and_no_secret():
    assert {name for name, _ in told(".env.example")} == asked_of_the_operator() | COMPOSES_OWN
    assert [value for name, value in told(".env.example") if SECRET.search(name) and value] == []


def test_the_example_sets_what_must_be_set():
    named = re.findall(r"^([A-Z_]+)=$", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert set(named) == {name for name, _ in REQUIRED.findall(TEXT)}


def test_every_variable_is_documented():
    assert asked_of_the_operator() <= documented()


def test_the_processes_are_told_nothing_that_they_do_not_read():
    code = "".join(
        (ROOT / "config" / f"{name}.py").read_text() for name in ("settings", "services")
    )
    assert {key for name in APP for key in environment(name) if key not in code} == set()


def test_no_secret_can_enter_the_image():
    first, *allowed = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert first == "*"
    assert not [each for each in allowed if ".env" in each]


def test_git_keeps_no_secret():
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_image_leaves_out_what_only_tests_and_embedded_services_need():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = {re.match(r"[a-z-]+", each).group() for group in extras.values() for each in group}
    words = re.search(r'unneeded="([^"]*)"', (ROOT / "Dockerfile").read_text()).group(1)
    # setuptools builds us; the other three are what chdb-core alone asks for.
    assert set(words.replace("\\", " ").split()) == (named - {"setuptools"}) | {
        "numpy",
        "pandas",
        "pyarrow",
    }


def test_nobody_runs_as_root_in_the_image():
    (user,) = re.findall(r"^USER (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user == "10001"

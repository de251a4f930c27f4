"""Real servers. One directory is made for the module, as initdb takes most of the time."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import embedded, embedded_home, embedded_process
from config.embedded import EmbeddedError, Services
from config.embedded_valkey import Valkey

ROOT = Path(__file__).parents[2]
ACCOUNT = embedded_home.account()
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="nobody only matters to root")


pytestmark = [pytest.mark.embedded, pytest.mark.usefixtures("no_services_of_others")]


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A directory anybody may enter; pytest's own are closed."""
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path).resolve()


@pytest.fixture(scope="module")
def directory(room) -> Path:
    """Initialised, not running; the real path, not a link."""
    embedded.start(room / "data", durable=False).stop()
    return room / "data"


@pytest.fixture
def services(directory) -> Iterator[Services]:
    with embedded.services(directory, durable=False) as started:
        yield started


@pytest.fixture
def closed(tmp_path) -> Iterator[Path]:
    """A directory below one that only we may enter, and whatever stands for it in /var/tmp."""
    yield tmp_path / "data"
    embedded.remove(tmp_path / "data")


def pids(directory: Path) -> list[int]:
    return [pid for pid, _ in json.loads((directory / "services.json").read_text())["processes"]]


def port_of(uri: str) -> int:
    port = urlsplit(uri).port
    assert port
    return port


def query(uri: str, text: str) -> list[tuple]:
    with psycopg.connect(uri) as connection:
        return connection.execute(text).fetchall()


def foreground(directory: Path) -> subprocess.Popen:
    """`python -m config.embedded`, once it runs."""
    command = [sys.executable, "-m", "config.embedded", str(directory)]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE)
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(4)]
    assert "Ctrl-C" in lines[-1], lines
    return process


# ── strangers


def test_postgres_refuses_a_stranger_without_a_password(services):
    port = port_of(services.database_uri)
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host="127.0.0.1", port=port, user="devhealth", passfile="/dev/null")


@pytest.mark.parametrize("user", ["devhealth", "postgres", "devhealth_rows"])
def test_postgres_refuses_a_wrong_password(services, user):
    port = port_of(services.database_uri)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=port, user=user, password="guess")


@pytest.mark.parametrize("password", [None, "guess"])
def test_valkey_refuses_a_stranger(services, password):
    port = port_of(services.redis_url)
    with (
        redis.Redis(port=port, password=password, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_only_loopback_is_listened_on(services, directory):
    addresses = {
        connection.laddr.ip
        for pid in pids(directory)
        for connection in psutil.Process(pid).net_connections("all")
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_passwords_are_in_no_file_or_command_line_others_can_read(services, directory):
    secrets = json.loads((directory / "passwords.json").read_text()).values()
    lines = [" ".join(psutil.Process(pid).cmdline()) for pid in pids(directory)]
    logs = [path.read_text() for path in directory.glob("*.log")]
    readable = [
        p.read_text("latin-1")
        for p in directory.rglob("*")
        if p.is_file() and p.stat().st_mode & 0o077
    ]
    assert not [text for text in lines + logs + readable for secret in secrets if secret in text]


def test_repr_hides_passwords(services):
    assert urlsplit(services.database_uri).password not in repr(services)


@pytest.mark.parametrize("uri", ["host=h password=sesame", "postgresql://h/d?password=sesame"])
def test_passwords_elsewhere_in_an_address_are_hidden_too(uri):
    assert "sesame" not in embedded.masked(uri)


# ── roles


def test_the_application_is_an_ordinary_role(services):
    flags = "rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication"
    rows = query(
        services.database_uri, f"select {flags} from pg_roles where rolname ~ '^devhealth'"
    )
    assert rows == [(False,), (False,)]


def test_row_level_security_binds_the_role_the_store_switches_to(services):
    with psycopg.connect(services.database_uri) as connection:
        connection.execute("create table secret (x int)")
        connection.execute("insert into secret values (1)")
        connection.execute("alter table secret enable row level security")
        connection.execute("grant select on secret to devhealth_rows")
        connection.execute("set local role devhealth_rows")
        assert connection.execute("select * from secret").fetchall() == []
        connection.rollback()


def test_the_application_may_make_schemas_in_utf8(services):
    with psycopg.connect(services.control_database_uri) as connection:
        connection.execute("create schema org_acme")
        connection.rollback()
        encoding = connection.execute("show server_encoding").fetchone()
    assert encoding == ("UTF8",)


# ── starting and stopping


def test_a_restart_finds_its_data_again(directory):
    with embedded.services(directory) as first, redis.Redis.from_url(first.redis_url) as client:
        with psycopg.connect(first.database_uri) as connection:
            connection.execute("create table kept as select 7 as x")
        client.set("kept", "7")
    with embedded.services(directory) as second, redis.Redis.from_url(second.redis_url) as client:
        assert (query(second.database_uri, "table kept"), client.get("kept")) == ([(7,)], b"7")


def test_stop_is_idempotent_and_leaves_no_process(directory):
    services = embedded.start(directory, durable=False)
    started = pids(directory)
    services.stop()
    services.stop()
    assert not any(psutil.pid_exists(pid) for pid in started)


def test_running_gives_the_environment_only_while_the_services_run(directory):
    assert embedded.running(directory) is None
    with embedded.services(directory, durable=False) as services:
        assert embedded.running(directory) == services.environment()
    assert embedded.running(directory) is None


def test_running_says_none_once_a_server_has_died(services, directory):
    valkey = psutil.Process(pids(directory)[1])
    valkey.kill()
    while valkey.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert embedded.running(directory) is None


def test_a_forked_child_does_not_stop_its_parents_servers(services, directory):
    child = os.fork()
    if not child:
        services.stop()
        os._exit(0)
    os.waitpid(child, 0)
    assert embedded.running(directory)


def test_a_directory_in_use_says_by_whom(services, directory):
    with pytest.raises(EmbeddedError, match=rf"already run \(process {os.getpid()}\): stop that"):
        embedded.start(directory)


def test_a_file_cannot_be_the_directory(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="file is not a directory: name another"):
        embedded.start(tmp_path / "file")


def test_a_directory_below_a_file_cannot_be_used(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match=r"cannot be used .*/file: File exists"):
        embedded.start(tmp_path / "file" / "data")


def test_a_taken_port_is_passed_over(directory):
    server = Valkey(directory, ACCOUNT, durable=False, password="sesame")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]
        process, port = embedded_process.launch(server, [busy, *embedded_process.free_ports()])
    embedded_process.end(process, server)
    assert port != busy


def test_no_free_port_is_a_clear_error(directory):
    server = Valkey(directory, ACCOUNT, durable=False, password="sesame")
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(EmbeddedError, match="Valkey found no free port"),
    ):
        embedded_process.launch(server, [taken.getsockname()[1]])


def test_a_server_that_cannot_start_shows_its_log(directory):
    version = directory / "postgres" / "data" / "PG_VERSION"
    kept = version.read_text()
    version.write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"(?s)does not start.*incompatible with server"):
        embedded.start(directory)
    version.write_text(kept)


def test_a_cluster_left_half_made_is_not_trusted(directory):
    half = directory / "postgres" / "new-abc"
    half.mkdir()
    with embedded.services(directory, durable=False):
        assert not half.exists()


# ── the environment


def test_services_named_in_the_environment_are_not_started(monkeypatch, tmp_path):
    for name in embedded.NAMES:
        monkeypatch.setenv(name, f"x://{name}")
    services = embedded.start(tmp_path / "data")
    services.stop()
    assert (services.redis_url, list(tmp_path.iterdir())) == ("x://REDIS_URL", [])


def test_only_what_is_missing_is_started(monkeypatch, directory):
    monkeypatch.setenv("DATABASE_URI", "postgresql://facts/db")
    monkeypatch.setenv("CONTROL_DATABASE_URI", "postgresql://control/db")
    with embedded.services(directory, durable=False) as services:
        assert services.database_uri == "postgresql://facts/db"
        assert [psutil.Process(pid).name() for pid in pids(directory)] == ["valkey-server"]


def test_one_missing_database_is_our_own(monkeypatch, directory):
    monkeypatch.setenv("DATABASE_URI", "clickhouse://facts/db")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere")
    with embedded.services(directory, durable=False) as services:
        assert services.database_uri == "clickhouse://facts/db"
        assert query(services.control_database_uri, "select 1") == [(1,)]


# ── the foreground, and its death


def test_the_foreground_stops_on_sigterm_and_prints_no_password(directory):
    process = foreground(directory)
    started = pids(directory)
    process.terminate()
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output) == (0, "")
    assert not any(psutil.pid_exists(pid) for pid in started)


def test_what_a_killed_launcher_left_is_stopped_by_the_next_start(directory):
    process = foreground(directory)
    left = pids(directory)
    process.kill()
    process.communicate()
    assert all(psutil.pid_exists(pid) for pid in left)
    assert embedded.running(directory) is None
    with embedded.services(directory, durable=False) as services:
        assert not set(left) & {p.pid for p in psutil.process_iter() if p.status() != "zombie"}
        assert query(services.database_uri, "select 1") == [(1,)]


def test_a_stale_pid_file_that_names_a_stranger_is_survived(directory):
    """The stranger, this very process, lives on; PostgreSQL alone would refuse to start."""
    stale = directory / "postgres" / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n")
    os.chown(stale, ACCOUNT.uid, ACCOUNT.gid)
    with embedded.services(directory, durable=False) as services:
        assert query(services.database_uri, "select 1") == [(1,)]


def test_a_killed_postmaster_is_recovered(directory):
    process = foreground(directory)
    for pid in (*pids(directory), process.pid):
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    time.sleep(0.2)  # its backends notice
    with embedded.services(directory, durable=False) as services:
        assert query(services.database_uri, "select 1") == [(1,)]


# ── root


@needs_root
def test_root_runs_the_servers_as_nobody(services, directory):
    for pid in pids(directory):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        ids = [line.split()[1:] for line in status if line.startswith(("Uid:", "Gid:", "Groups:"))]
        assert ids == [[str(ACCOUNT.uid)] * 4, [str(ACCOUNT.gid)] * 4, []]


@needs_root
def test_below_a_closed_parent_the_data_lies_in_var_tmp(closed):
    before = set(Path("/var/tmp").iterdir())
    with embedded.services(closed, durable=False) as services:
        assert query(services.database_uri, "select 1") == [(1,)]
        assert closed.readlink().parent == Path("/var/tmp")
        assert closed.stat().st_mode & 0o777 == 0o710
    home = closed.readlink()
    closed.unlink()
    assert embedded_home.open_home(closed, ACCOUNT) == home  # found again
    embedded.remove(closed)
    assert (set(Path("/var/tmp").iterdir()) >= before, home.exists()) == (True, False)
    assert closed.parent.stat().st_mode & 0o777 == 0o700


@needs_root
def test_a_directory_someone_else_made_in_var_tmp_is_refused(closed):
    home = embedded_home.open_home(closed, ACCOUNT)
    os.chown(home, ACCOUNT.uid, ACCOUNT.gid)
    with pytest.raises(EmbeddedError, match="belongs to user"):
        embedded.start(closed)
    os.chown(home, 0, 0)


@needs_root
def test_a_full_directory_nobody_cannot_enter_is_refused(closed):
    closed.mkdir()
    (closed / "notes").touch()
    with pytest.raises(EmbeddedError, match=r"nobody cannot enter .*Directory not empty"):
        embedded.start(closed)


@needs_root
def test_binaries_nobody_cannot_reach_are_copied_once(tmp_path):
    program = tmp_path / "bin" / "program"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    name = f"test-{os.getpid()}"
    copies = [embedded_home.reachable(tmp_path, ["bin", "none"], name, ACCOUNT) for _ in range(2)]
    try:
        assert copies == [Path(f"/var/tmp/devhealth-bin-{name}")] * 2
        subprocess.run([copies[0] / "bin" / "program"], check=True, **ACCOUNT.options())
    finally:
        subprocess.run(["rm", "-r", copies[0]], check=True)

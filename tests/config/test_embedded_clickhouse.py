"""Who is let in, starting and stopping; what it answers is in test_clickhouse_front."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from config import embedded, embedded_home, embedded_process
from config.embedded_clickhouse import ClickHouse
from tests.fronts import connected, front_of

ROOT = Path(__file__).parents[2]


pytestmark = [pytest.mark.embedded, pytest.mark.usefixtures("no_services_of_others")]


def lives(pid: int) -> bool:
    """A zombie that nobody reaps does not."""
    return embedded_process.find(pid, ["-m"], embedded_home.ourselves()) is not None


# ── strangers


def test_a_stranger_without_a_password_is_refused(get):
    reply = get("/?query=select+1")
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (403, "516")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/?query=select+1", {"Authorization": "Basic ZGV2aGVhbHRoOmd1ZXNz"}),
        ("/?query=select+1", {"Authorization": "Basic %"}),
        ("/?query=select+1", {"X-ClickHouse-User": "devhealth", "X-ClickHouse-Key": "guess"}),
        ("/?query=select+1&user=devhealth&password=guess", {}),
        ("/?query=select+1&user=devhealth", {}),
    ],
)
def test_a_wrong_password_is_refused_wherever_it_stands(get, path, headers):
    assert get(path, **headers).status == 403


def test_the_right_password_of_another_user_is_refused(get, uri):
    assert get(f"/?query=select+1&user=default&password={urlsplit(uri).password}").status == 403


def test_a_stranger_who_sends_much_reads_his_no(get):
    reply = get("/", "POST", b"x" * 500_000)
    assert reply.data.startswith(b"Code: 516. DB::Exception: Authentication failed")


def test_the_client_tells_a_wrong_password(uri):
    wrong = uri.replace(urlsplit(uri).password, "guess")
    with pytest.raises(DatabaseError) as raised, connected(wrong):
        pass
    assert raised.value.code == 516


def test_only_loopback_is_listened_on(uri, front_home):
    listening = [c for c in front_of(front_home).net_connections("all") if c.status == "LISTEN"]
    assert [c.laddr.ip for c in listening] == ["127.0.0.1"]


def test_the_password_is_in_no_log_or_command_line_or_file_others_can_read(uri, get, front_home):
    password = urlsplit(uri).password
    get(f"/?query=select+{password}&user=devhealth&password={password}")
    told = [" ".join(front_of(front_home).cmdline()), (front_home / "clickhouse.log").read_text()]
    readable = [
        p.read_text("latin-1")
        for p in front_home.rglob("*")
        if p.is_file() and p.stat().st_mode & 0o077
    ]
    assert not [text for text in told + readable if password in text]


def test_anybody_may_ping(get):
    assert get("/ping").data == b"Ok.\n"


# ── starting and stopping


def test_a_restart_finds_its_data_again(tmp_path):
    with embedded.clickhouse(tmp_path) as first, connected(first) as client:
        client.command("create table kept engine MergeTree order by n as select 7 as n")
        front = front_of(tmp_path)
    said = (tmp_path / "clickhouse.log").read_text().splitlines()
    assert (front.is_running(), said[-1]) == (False, "Ended.")
    with embedded.clickhouse(tmp_path) as second, connected(second) as client:
        assert client.command("select n from kept") == 7


def test_sigterm_lets_a_query_finish(tmp_path):
    with (
        embedded.clickhouse(tmp_path, durable=False) as uri,
        connected(uri) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        slow = pool.submit(client.command, "select sleep(2)")
        time.sleep(0.5)
        front_of(tmp_path).terminate()
        assert slow.result() == 0


def test_what_was_written_survives_kill_9(tmp_path):
    with embedded.clickhouse(tmp_path, durable=False) as uri, connected(uri) as client:
        client.command("create table kept (n UInt64) engine MergeTree order by n")
        client.insert("kept", [[n] for n in range(1000)], ["n"])
        front_of(tmp_path).kill()
    with embedded.clickhouse(tmp_path, durable=False) as uri, connected(uri) as client:
        assert client.command("select count() from kept") == 1000


def test_what_a_killed_launcher_left_is_stopped_by_the_next_start(tmp_path):
    script = (
        "from pathlib import Path; from config import embedded\n"
        f"with embedded.clickhouse(Path({str(tmp_path)!r}), durable=False): print('up'); input()"
    )
    command = [sys.executable, "-uc", script]
    with subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1) as launcher:
        launcher.stdout.readline()
        left = front_of(tmp_path)
        launcher.kill()
    assert lives(left.pid)
    with embedded.clickhouse(tmp_path, durable=False) as uri, connected(uri) as client:
        assert (lives(left.pid), client.command("select 1")) == (False, 1)


def test_a_taken_port_is_passed_over(tmp_path):
    server = ClickHouse(tmp_path, embedded_home.ourselves(), durable=False, password="sesame")
    server.prepare()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]
        process, port = embedded_process.launch(server, [busy, *embedded_process.free_ports()])
    embedded_process.end(process, server)
    assert port != busy


# ── beside the other services


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A directory anybody may enter, as the other servers may run as nobody."""
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path).resolve() / "data"


def test_the_store_is_chosen_anew_at_each_start(room):
    schemes = []
    for store in ("postgresql", "clickhouse", "postgresql"):
        with embedded.services(room, durable=False, store=store) as services:
            assert embedded.running(room) == services.environment()
            schemes.append([urlsplit(u).scheme for u in services.environment().values()])
    assert schemes == [
        ["postgresql", "postgresql", "redis"],
        ["postgresql", "clickhouse", "redis"],
        ["postgresql", "postgresql", "redis"],
    ]


def test_a_store_in_the_environment_wins(monkeypatch, room):
    monkeypatch.setenv("DATABASE_URI", "postgresql://facts/db")
    monkeypatch.setenv("CONTROL_DATABASE_URI", "postgresql://control/db")
    with embedded.services(room, durable=False, store="clickhouse") as services:
        assert services.database_uri == "postgresql://facts/db"
        assert len(json.loads((room / "services.json").read_text())["processes"]) == 1


def test_the_foreground_runs_it_and_prints_no_password(room):
    command = [sys.executable, "-m", "config.embedded", str(room), "--store", "clickhouse"]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=-1) as process:
        lines = [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert lines[1].startswith("DATABASE_URI          clickhouse://devhealth:***@127.0.0.1:")


def test_without_the_engine_s_wheel_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(embedded.EmbeddedError, match=r"pip install 'devhealth\[embedded\]'"),
        embedded.clickhouse(tmp_path),
    ):
        pass


def test_removing_takes_its_data_and_log_too(tmp_path):
    home = tmp_path / "data"
    with embedded.clickhouse(home, durable=False):
        assert os.listdir(home / "clickhouse")
    embedded.remove(home)
    assert not home.exists()

"""The ordinary client against the real engine."""

import gzip
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from tests.fronts import basic, connected, front_of

pytestmark = pytest.mark.embedded
ODD_TEXTS = {
    "quotes": """'"`''""",
    "backslashes": "\\ \\' \\\\n \\N",
    "tabs and newlines": "a\tb\nc\r\nd\b",
    "unicode": "Ünï😀\u200d\u2028漢",
    "SQL": "'); drop table facts; -- {x:String} %s",
    "form": "--boundary\r\n\r\n&param_a=b",
    "empty": "",
    "100 kB": "ä'\\\n" * 12_000,
}
TWO_ROWS = b"insert into numbered format TSV\n1\ta\n2\tb\n"  # 40 bytes


@pytest.fixture
def table(client) -> Iterator[str]:
    client.command("create table numbered (n UInt64, text String) engine MergeTree order by n")
    yield "numbered"
    client.command("drop table numbered sync")


def raw(uri: str, request: bytes) -> bytes:
    """What the front answers to these very bytes, the connection being half closed after them."""
    with socket.create_connection(("127.0.0.1", urlsplit(uri).port)) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def insertion(uri: str, framing: str) -> bytes:
    lines = ["POST /?database=devhealth HTTP/1.1", "Host: x", framing]
    lines += [f"{name}: {value}" for name, value in basic(uri).items()]
    return "\r\n".join([*lines, "", ""]).encode()


# ── queries


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/?query=select+currentDatabase()&database=devhealth&user={0}&password={1}", {}),
        (
            "/?query=select+currentDatabase()",
            {"X-ClickHouse-User": "{0}", "X-ClickHouse-Key": "{1}", "X-ClickHouse-Database": "{0}"},
        ),
    ],
)
def test_a_bare_get_answers_tab_separated(get, uri, path, headers):
    known = (urlsplit(uri).username, urlsplit(uri).password)
    filled = {name: text.format(*known) for name, text in headers.items()}
    reply = get(path.format(*known), **filled)
    assert (reply.data, reply.headers["X-ClickHouse-Format"]) == (b"devhealth\n", "TabSeparated")


def test_a_query_is_the_address_s_and_the_body_s_together(get, uri):
    assert get("/?query=select+1", "POST", "union all select 1", **basic(uri)).data == b"1\n1\n"


def test_the_default_format_is_the_request_s(get, uri):
    reply = get("/?query=select+1+as+a&default_format=JSONEachRow", **basic(uri))
    assert (reply.json(), reply.headers["X-ClickHouse-Format"]) == ({"a": 1}, "JSONEachRow")


def test_query_ids_come_back_on_one_line(get, uri):
    reply = get("/?query=select+1&query_id=a%0d%0ab", **basic(uri))
    assert reply.headers["X-ClickHouse-Query-Id"] == "a??b"


def test_get_changes_nothing(get, uri):
    assert b"Code: 164." in get("/?query=create+database+other", **basic(uri)).data


def test_an_unknown_table_is_404_and_code_60(get, uri):
    reply = get("/?query=select+*+from+nowhere", **basic(uri))
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (404, "60")
    assert reply.data.startswith(b"Code: 60. DB::Exception: Unknown table")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select * from nowhere", 60),
        ("select * from nowhere.none", 81),
        ("select from", 47),
        ("selec 1", 62),
        ("insert into nowhere format TSV\n1", 60),
    ],
)
def test_the_client_learns_the_engine_s_code(client, sql, code):
    with pytest.raises(DatabaseError) as raised:
        client.command(sql)
    assert raised.value.code == code


def test_commands_answer_with_nothing_and_reads_with_rows(client, table):
    reads = ("exists numbered", "select 7", "show databases like 'd%h'")
    assert [client.command(sql) for sql in reads] == [1, 7, "devhealth"]
    assert client.command("truncate table numbered").written_rows == 0


@pytest.mark.parametrize("form", [False, True], ids=["address", "form"])
@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_odd_texts_come_back_as_they_went(uri, text, form):
    with connected(uri, form_encode_query_params=form) as client:
        params = {"x": text, "all": [(text, 1), ("b", 2)], "none": None}
        sql = "select {x:String}, {all:Array(Tuple(String, UInt8))}, {none:Nullable(String)}"
        assert client.query(sql, params).result_rows == [(text, params["all"], None)]


@pytest.mark.parametrize("form", [False, True], ids=["address", "form"])
def test_thousands_of_parameters(uri, form):
    with connected(uri, form_encode_query_params=form) as client:
        params = {f"p{n}": n for n in range(3000)}
        listed = ", ".join(f"{{{name}:UInt32}}" for name in params)
        assert client.query(f"select arraySum([{listed}])", params).result_rows == [(4498500,)]


def test_an_array_of_thousands(client):
    params = {"ids": [f"id-{n}" for n in range(10_000)]}
    assert client.query("select length({ids:Array(String)})", params).result_rows == [(10_000,)]


def test_a_parameter_that_a_server_would_not_take_is_not_taken_here(client):
    with pytest.raises(DatabaseError, match="Field value too long"):
        client.query("select length({text:String})", {"text": "x" * 131_073})


def test_urlencoded_forms_are_read_and_curl_s_sql_is_not_one(get, uri):
    form = {"Content-Type": "application/x-www-form-urlencoded", **basic(uri)}
    assert get("/", "POST", "query=select+{x:String}&param_x=a%26b", **form).data == b"a&b\n"
    assert get("/", "POST", "select 'query=1'", **form).data == b"query=1\n"


def test_many_requests_go_through_one_connection(client):
    assert [client.command(f"select {n}") for n in range(20)] == list(range(20))


# ── inserts


def test_an_insert_says_how_many_rows_it_wrote(client, table):
    summary = client.insert(table, [[n, str(n)] for n in range(1000)], ["n", "text"])
    assert (summary.written_rows, client.command(f"select count() from {table}")) == (1000, 1000)


def test_an_insert_of_odd_texts_keeps_them(client, table):
    client.insert(table, list(enumerate(ODD_TEXTS.values())), ["n", "text"])
    rows = client.query(f"select text from {table} order by n").result_rows
    assert [text for (text,) in rows] == list(ODD_TEXTS.values())


@pytest.mark.parametrize("compression", [None, "gzip"])
@pytest.mark.parametrize("block", ["1\ta\n2\tb\n", b"1\ta\n2\tb\n"])
def test_a_raw_insert_in_any_format(client, table, block, compression):
    if compression:
        block = gzip.compress(block.encode() if isinstance(block, str) else block)
    done = client.raw_insert(table, ["n", "text"], block, fmt="TSV", compression=compression)
    assert (done.written_rows, client.query("select * from numbered").result_rows) == (
        2,
        [(1, "a"), (2, "b")],
    )


def test_the_client_s_own_compression_is_read(uri, client, table):
    with connected(uri, compress=True) as compressing:
        compressing.insert(table, [[n, "x" * 100] for n in range(50_000)], ["n", "text"])
        assert compressing.query(f"select count() from {table}").result_rows == [(50_000,)]


def test_inserts_in_sql_say_what_they_wrote_too(client, table):
    said = [
        client.command(f"insert into {table} values (1, 'a'), (2, 'FORMAT x')"),
        client.command(f"insert into {table} select number, '' from numbers(10)"),
    ]
    assert [summary.written_rows for summary in said] == [2, 10]


def test_an_insert_leaves_no_file(client, table, front_home):
    client.insert(table, [[n, "x" * 1000] for n in range(20_000)], ["n", "text"])  # 20 MB
    names = {path.name for path in (front_home / "clickhouse").iterdir()}
    assert names == {"data", "engine.xml", "front.pid", "incoming", "password"}
    assert list((front_home / "clickhouse" / "incoming").iterdir()) == []


def test_a_row_that_cannot_be_read_leaves_none(client, table):
    with pytest.raises(DatabaseError, match="Code: 27"):
        client.raw_insert(table, ["n", "text"], "1\ta\nx\tb\n", fmt="TSV")
    assert client.command(f"select count() from {table}") == 0


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Content-Length: 100", TWO_ROWS),
        ("Transfer-Encoding: chunked", b"28\r\n" + TWO_ROWS),
        ("Transfer-Encoding: chunked", b"28\r\n" + TWO_ROWS + b"\r\n"),
        ("Transfer-Encoding: chunked", b"28\r\n" + TWO_ROWS + b"\r\n0\r\n"),
        ("Transfer-Encoding: chunked", b"ff\r\n" + TWO_ROWS),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3", b"0\r\n\r\n"),
        ("Content-Encoding: gzip\r\nContent-Length: 30", gzip.compress(TWO_ROWS, mtime=0)[:30]),
    ],
)
def test_a_body_that_ends_early_is_not_run(uri, client, table, framing, body):
    assert b" 400 Bad Request\r\n" in raw(uri, insertion(uri, framing) + body)
    assert client.command(f"select count() from {table}") == 0


def test_the_same_body_runs_when_it_is_whole(uri, client, table):
    body = b"28\r\n" + TWO_ROWS + b"\r\n0\r\n\r\n"
    assert b" 200 OK\r\n" in raw(uri, insertion(uri, "Transfer-Encoding: chunked") + body)
    assert client.command(f"select count() from {table}") == 2


def test_a_client_that_fails_in_mid_insert_leaves_nothing(client, table):
    def blocks() -> Iterator[bytes]:
        yield b"1\ta\n" * 100_000
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        client.raw_insert(table, ["n", "text"], blocks(), fmt="TSV")
    assert client.command(f"select count() from {table}") == 0


# ── settings and sessions


def test_a_setting_holds_for_its_request_only(get, uri):
    sql = "/?query=select+getSetting('max_threads'),currentDatabase()"
    known = basic(uri)
    before = get(sql, **known).data
    assert get(f"{sql}&max_threads=7&database=devhealth", **known).data == b"7\tdevhealth\n"
    assert get(sql, **known).data == before != b"7\tdevhealth\n"


def test_a_setting_holds_for_its_request_only_in_a_session_too(get, uri):
    sql = "/?session_id=settings&query=select+getSetting('max_threads'),currentDatabase()"
    known = basic(uri)
    before = get(sql, **known).data
    assert get(f"{sql}&max_threads=7&database=devhealth", **known).data == b"7\tdevhealth\n"
    assert get(sql, **known).data == before != b"7\tdevhealth\n"


def test_what_a_session_sets_itself_stays_in_it(uri):
    with connected(uri, session_id="one") as one, connected(uri, session_id="two") as two:
        one.command("set max_block_size = 1234", settings={"max_block_size": 99})
        sql = "select getSetting('max_block_size')"
        assert one.command(sql, settings={"max_block_size": 5}) == 5
        assert (one.command(sql), two.command(sql) != 1234) == (1234, True)


@pytest.mark.parametrize("session", ["", "&session_id=unknown"])
@pytest.mark.parametrize(
    ("extra", "code"), [("nonsense=1", "115"), ("a%20=1", "115"), ("database=nowhere", "81")]
)
def test_an_unknown_setting_or_database_spoils_no_later_request(get, uri, extra, code, session):
    path = f"/?query=select+getSetting('max_threads'){session}"
    usual = get(path, **basic(uri)).data
    reply = get(f"{path}&max_threads=7&{extra}", **basic(uri))
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (404, code)
    assert get(path, **basic(uri)).data == usual


def test_insert_settings_are_obeyed(client, table):
    client.command(
        "create table monthly (n UInt64) engine MergeTree order by n partition by n"
        " settings non_replicated_deduplication_window = 100"
    )
    limit, token = {"max_partitions_per_insert_block": 2}, {"insert_deduplication_token": "a'b"}
    with pytest.raises(DatabaseError, match="Code: 252"):
        client.insert("monthly", [[n] for n in range(3)], ["n"], settings=limit)
    for _ in range(2):
        client.insert("monthly", [[1]], ["n"], settings=token)
    assert client.command("select count() from monthly") == 1
    client.command("drop table monthly sync")


def test_max_execution_time_ends_a_query(client):
    sql = "select sum(sipHash64(number)) from numbers(1e12)"
    with pytest.raises(DatabaseError) as raised:
        client.query(sql, settings={"max_execution_time": 1})
    assert raised.value.code == 159


def test_a_temporary_table_is_seen_in_its_session_only(uri, client):
    with connected(uri, autogenerate_session_id=True) as session:
        session.command("create temporary table mine (n UInt8)")
        session.insert("mine", [[7]], ["n"], database="")
        assert session.command("select n from mine") == 7
        with pytest.raises(DatabaseError, match="Code: 60"):
            client.command("select n from mine")


def test_a_session_ends_after_its_timeout(get, uri):
    path, known = "/?session_id=short&session_timeout=1", basic(uri)
    assert get(path, "POST", "create temporary table mine (n UInt8)", **known).status == 200
    assert get(f"{path}&session_check=1", "POST", "select * from mine", **known).status == 200
    time.sleep(1.7)
    reply = get(f"{path}&session_check=1", "POST", "select * from mine", **known)
    assert reply.headers["X-ClickHouse-Exception-Code"] == "372"


def test_a_session_is_one_request_s_at_a_time(uri):
    with connected(uri, session_id="busy") as one, connected(uri, session_id="busy") as two:
        slow = threading.Thread(target=one.command, args=("select sleep(1)",))
        slow.start()
        time.sleep(0.3)
        with pytest.raises(ClickHouseError, match="Code: 373"):
            two.command("select 1")
        slow.join()


# ── many at once, and much


def test_threads_get_their_own_answers(client, uri):
    def ask(n: int) -> bool:
        sql = "select {n:UInt32}, getSetting('max_block_size')"
        rows = client.query(sql, {"n": n}, settings={"max_block_size": 1000 + n}).result_rows
        return rows == [(n, 1000 + n)]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(200)))


def test_another_process_sees_the_same_rows(uri, client, table):
    client.insert(table, [[7, "seven"]], ["n", "text"])
    script = (
        "import clickhouse_connect, sys\n"
        "client = clickhouse_connect.get_client(dsn=sys.argv[1])\n"
        "client.insert('numbered', [[8, 'eight']], ['n', 'text'])\n"
        "print(client.query('select n from numbered order by n').result_rows)"
    )
    said = subprocess.check_output([sys.executable, "-c", script, uri], text=True)
    assert (said, client.command(f"select count() from {table}")) == ("[(7,), (8,)]\n", 2)


def test_a_large_result_is_streamed_in_bounded_memory(client, front_home):
    front = front_of(front_home)
    sql = "select number, repeat('x', 200) from numbers({n:UInt64})"
    for n in (200_000, 2_000_000):
        before, size = front.memory_info().rss, 0
        with closing(client.raw_stream(sql, {"n": n}, fmt="Native")) as reply:
            while piece := reply.read(1 << 20):
                size += len(piece)
    assert (size > 400e6, front.memory_info().rss - before < 150e6) == (True, True)


def test_a_stream_that_is_not_read_to_its_end_is_ended(client, front_home):
    reply = client.raw_stream("select number from numbers(1e12)", fmt="Native")
    reply.read(1000)
    reply.close()
    deadline = time.monotonic() + 10
    while client.command("select count() from system.processes") > 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_arrow_streams_are_whole(client):
    table = client.query_arrow("select number from numbers(300000)")
    assert (table.num_rows, table.column_names) == (300_000, ["number"])


def test_row_blocks_are_streamed(client):
    with client.query_row_block_stream("select number from numbers(200000)") as blocks:
        assert sum(n for block in blocks for (n,) in block) == 200_000 * 199_999 // 2


FAILS_LATE = "select number, throwIf(number = 900000) from numbers(1000000) settings max_threads=1"


def test_an_error_in_mid_stream_is_told(client):
    with (
        pytest.raises(ClickHouseError, match="Code: 395"),
        client.query_row_block_stream(FAILS_LATE) as blocks,
    ):
        list(blocks)


def test_with_wait_end_of_query_an_error_is_a_status(get, uri):
    reply = get("/?wait_end_of_query=1", "POST", f"{FAILS_LATE} format Native", **basic(uri))
    assert (reply.status, reply.headers["X-ClickHouse-Exception-Code"]) == (500, "395")

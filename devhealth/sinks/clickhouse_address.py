"""What a `clickhouse://` or `chdb://` URI says: where the engine is, and how tables stand in it.

clickhouse://user:password@host:8123/database     8443 with secure=1; database: devhealth
    ?secure=1&verify=0&ca_cert=FILE               TLS, and who vouches for the server
    &compress=lz4                                 or zstd, gzip: what goes over the wire
    &cluster=NAME                                 ON CLUSTER
    &replicated=1                                 Replicated* engines
    &sharded=1                                    Distributed tables over each shard's own
chdb:///devhealth.chdb                            a directory; four slashes: absolute
    ?database=NAME
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from devhealth.errors import Permanent
from devhealth.sinks.clickhouse_schema import Layout

DATABASE = "devhealth"
UNREADABLE = (
    "The store's URI is not `clickhouse://user:password@host:port/database`; write special "
    "characters of the password as %XX."
)
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
FLAGS = ("secure", "verify", "replicated", "sharded")
OPTIONS = (*FLAGS, "ca_cert", "compress", "cluster")


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """`options` is what the driver connects with, password included; `place` is for messages."""

    place: str
    layout: Layout
    options: Mapping[str, Any]

    @property
    def is_embedded(self) -> bool:
        interface: str = self.options["interface"]
        return interface == "chdb"


def address(uri: str) -> Address:
    """Raises `Permanent` for a URI that cannot be read, saying nothing of its password."""
    try:
        parts = urlsplit(uri)
        if parts.fragment or "@" in parts.path + parts.query:
            raise ValueError  # a `/`, `?` or `#` of a password has ended what comes before
        given = dict(
            parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        )
        return _embedded(parts, given) if parts.scheme == "chdb" else _server(parts, given)
    except ValueError:
        raise Permanent(UNREADABLE) from None


def _server(parts: SplitResult, given: Mapping[str, str]) -> Address:
    port = parts.port
    _require_known(given, OPTIONS)
    flags = {name: _flag(name, given[name]) for name in FLAGS if name in given}
    secure = flags.get("secure", False)
    port = port or (8443 if secure else 8123)
    host = parts.hostname or "localhost"
    database = unquote(parts.path.removeprefix("/")) or DATABASE
    layout = Layout(
        database,
        cluster=given.get("cluster", ""),
        replicated=flags.get("replicated", False),
        sharded=flags.get("sharded", False),
    )
    if layout.sharded and not layout.cluster:
        raise Permanent(
            "A store that is sharded names its cluster, too: `?cluster=NAME&sharded=1`."
        )
    options: dict[str, Any] = {
        "interface": "https" if secure else "http",
        "host": host,
        "port": port,
        "username": unquote(parts.username or "default"),
        "password": unquote(parts.password or ""),
        "compress": given.get("compress", False),
        "verify": flags.get("verify", True),
        "autogenerate_session_id": False,  # threads share the client
        "form_encode_query_params": True,  # addresses are logged, bodies are not
        "connect_timeout": 10,
        "send_receive_timeout": 60,
    }
    if "ca_cert" in given:
        if not Path(given["ca_cert"]).is_file():
            raise Permanent(f"There is no file {given['ca_cert']} for the store's `ca_cert`.")
        options["ca_cert"] = given["ca_cert"]
    return Address(f"{host}:{port}/{database}", layout, options)


def _embedded(parts: SplitResult, given: Mapping[str, str]) -> Address:
    _require_known(given, ("database",))
    path = unquote(parts.path).removeprefix("/")
    if parts.netloc or not path:
        raise Permanent("An embedded ClickHouse is a directory: `chdb:///devhealth.chdb`.")
    whole = Path(path).absolute()
    if not whole.parent.is_dir():
        raise Permanent(f"The directory {whole.parent} of the store does not exist: make it first.")
    layout = Layout(given.get("database") or DATABASE)
    return Address(path, layout, {"interface": "chdb", "path": str(whole)})


def _require_known(given: Mapping[str, str], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise Permanent(f"A store's URI has no option `{name}`: {', '.join(known)}.")


def _flag(name: str, value: str) -> bool:
    if value.lower() not in (*YES, *NO):
        raise Permanent(f"The store's option `{name}` is 1 or 0.")
    return value.lower() in YES

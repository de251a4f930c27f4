"""The file: a tar, whose members anybody can read with `tar` and `zcat`."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

from apps.errors import Unprocessable
from apps.pipeline.archives import FORMAT, VERSION

MANIFEST = "manifest.json"
CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Member:
    """A table in the archive. `rows`: how many lines; `sha256`: of the member as it stands."""

    name: str
    rows: int
    sha256: str


@dataclass(slots=True)
class Writer:
    """Members one after the other, then the manifest: what has none is no archive."""

    tar: tarfile.TarFile
    members: list[Member] = field(default_factory=list)

    def add(self, name: str, pieces: Iterable[str]) -> int:
        """Pieces of whole lines; how many lines."""
        rows = 0
        with TemporaryFile() as held:
            with gzip.GzipFile(fileobj=held, mode="wb", mtime=0, compresslevel=6) as packed:
                for piece in pieces:
                    rows += piece.count("\n")
                    packed.write(piece.encode())
            self._append(f"{name}.ndjson.gz", held, rows)
        return rows

    def finish(self, told: Mapping[str, Any]) -> None:
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            **told,
            "members": [asdict(each) for each in self.members],
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False).encode()
        self.tar.addfile(_info(MANIFEST, len(text)), io.BytesIO(text))

    def _append(self, name: str, held: IO[bytes], rows: int) -> None:
        size = held.tell()
        held.seek(0)
        self.members.append(Member(name, rows, digest_of(held)))
        held.seek(0)
        self.tar.addfile(_info(name, size), held)


@contextmanager
def writing(to: IO[bytes]) -> Iterator[Writer]:
    """Into anything that can be written to, a pipe included."""
    with tarfile.open(fileobj=to, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        yield Writer(tar)


@dataclass(frozen=True, slots=True)
class Archive:
    """One that was verified: its manifest, and lines by member."""

    manifest: Mapping[str, Any]
    tar: tarfile.TarFile

    def lines(self, name: str) -> Iterator[str]:
        """Of a member, none where there is no such one."""
        if f"{name}.ndjson.gz" not in self.tar.getnames():
            return
        with gzip.open(_opened(self.tar, f"{name}.ndjson.gz"), "rt", encoding="utf-8") as unpacked:
            yield from unpacked

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        return (json.loads(line) for line in self.lines(name))

    def names(self) -> list[str]:
        return [each["name"].removesuffix(".ndjson.gz") for each in self.manifest["members"]]


@contextmanager
def reading(seekable: IO[bytes]) -> Iterator[Archive]:
    """Verified as a whole before anything of it is given. Raises `Unprocessable`."""
    try:
        tar = tarfile.open(fileobj=seekable, mode="r:")  # noqa: SIM115 - closed below
    except tarfile.TarError as error:
        raise Unprocessable(f"This is no archive: {error}.", code="no_archive") from error
    with tar:
        yield Archive(_verified(tar), tar)


def _verified(tar: tarfile.TarFile) -> dict[str, Any]:
    try:
        if MANIFEST not in tar.getnames():
            raise Unprocessable("The archive has no manifest: it was cut short.", code="cut_short")
        manifest: dict[str, Any] = json.load(_opened(tar, MANIFEST))
        if (manifest.get("format"), manifest.get("version")) != (FORMAT, VERSION):
            raise Unprocessable(f"This is no {FORMAT} of version {VERSION}.", code="no_archive")
        told = {each["name"]: each["sha256"] for each in manifest["members"]}
        found = {name: digest_of(_opened(tar, name)) for name in tar.getnames() if name != MANIFEST}
    except (tarfile.TarError, ValueError, EOFError, OSError) as error:
        raise Unprocessable(f"The archive is damaged: {error}.", code="damaged") from error
    if wrong := sorted(name for name in told.keys() | found if told.get(name) != found.get(name)):
        raise Unprocessable(
            f"The archive is damaged: {', '.join(wrong)} is not what it was.", code="damaged"
        )
    return manifest


def _opened(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    member = tar.extractfile(name)
    if member is None:
        raise ValueError(f"{name} is no file")
    return member


def digest_of(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := content.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info

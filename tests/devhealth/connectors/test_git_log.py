import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhealth.connectors.git_log import HEADER, Parser, RawCommit
from devhealth.errors import Permanent

KEYS = list(RawCommit.__annotations__)[:-1]

token = st.binary(max_size=12).map(lambda text: text.replace(b"\0", b"\x01"))
path = st.one_of(token, st.sampled_from([b"\x01abc", b"1\t2\tx", b"\n", b"a\tb"])).filter(bool)
count = st.integers(0, 999).map(lambda number: b"%d" % number)
lines = st.one_of(st.tuples(count, count), st.just((b"-", b"-")))
file = st.tuples(lines, path, st.none() | path)
commit = st.tuples(
    st.lists(token, min_size=len(HEADER), max_size=len(HEADER)), st.lists(file, max_size=4)
)


def printed(commits) -> bytes:
    """As git prints it: see the docstring of git_log."""
    out = b""
    for header, files in commits:
        out += b"\x01" + b"".join(text + b"\0" for text in header)
        for place, ((added, deleted), new, old) in enumerate(files):
            out += b"\n" * (place == 0) + b"%s\t%s\t" % (added, deleted)
            out += b"\0%s\0%s\0" % (old, new) if old else new + b"\0"
    return out


def expected(commits):
    return [
        dict(zip(KEYS, header, strict=True))
        | {"files": [(*counts, new, old) for counts, new, old in files]}
        for header, files in commits
    ]


def parse(*chunks: bytes):
    parser = Parser()
    commits = [commit for chunk in chunks for commit in parser.feed(chunk)]
    return commits + list(parser.close())


@given(st.lists(commit, max_size=4), st.lists(st.integers(0, 300), max_size=8))
def test_any_chunking_gives_the_commits_that_were_printed(commits, cuts):
    out = printed(commits)
    edges = [0, *sorted(cuts), len(out)]
    chunks = [out[start:end] for start, end in itertools.pairwise(edges)]
    assert parse(*chunks) == expected(commits)


def test_a_commit_is_out_as_soon_as_the_next_begins():
    two = printed([([b"x"] * len(HEADER), [])] * 2)
    assert len(list(Parser().feed(two))) == 1


@pytest.mark.parametrize(
    "out",
    [
        b"warning: something\0",
        printed([([b"x"] * len(HEADER), [])]) + b"no numbers\0",
        printed([([b"x"] * len(HEADER), [])]) + b"\n1\t2\t\0old\0",
        printed([([b"x"] * len(HEADER), [])]) + b"1\t2\tcut off",
        b"\x01x\0y\0",
    ],
    ids=["no commit", "no entry", "half a rename", "half a token", "half a header"],
)
def test_output_that_ends_or_looks_wrong_is_refused(out):
    with pytest.raises(Permanent, match="git's output near"):
        parse(out)


def test_the_header_has_a_placeholder_for_every_key():
    assert len(HEADER) == len(KEYS)

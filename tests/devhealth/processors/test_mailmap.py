from uuid import UUID

import pytest

from devhealth.processors.mailmap import Mailmap

REPO = UUID(int=1)
ADA = (b"Ada Lovelace", b"Ada@Home.example")


@pytest.mark.parametrize(
    ("line", "proper"),
    [
        (b"Augusta King <ada@home.example>", (b"Augusta King", b"Ada@Home.example")),
        (b"<a@work.example> <ada@home.example>", (b"Ada Lovelace", b"a@work.example")),
        (b"Augusta <a@work.example> <ada@home.example>", (b"Augusta", b"a@work.example")),
        (b"Augusta <a@b.example> ADA lovelace <ada@home.example>", (b"Augusta", b"a@b.example")),
        (b"<a@work.example> ada Lovelace <ada@home.example>", (b"Ada Lovelace", b"a@work.example")),
        (b"Augusta <a@work.example> Somebody <ada@home.example>", ADA),
        (b"Augusta <ada@home.example> # a comment\r", (b"Augusta", b"Ada@Home.example")),
        (b"\t Augusta\t<ADA@HOME.EXAMPLE>", (b"Augusta", b"Ada@Home.example")),
        (b"# Augusta <ada@home.example>", ADA),
        (b"Augusta <ada@home.example", ADA),
        (b"Augusta <> <ada@home.example>", ADA),
        (b"Augusta < ada@home.example>", ADA),
        (b"<ada@home.example>", ADA),
        (b"Augusta ada@home.example", ADA),
        (b"x\0\nAugusta <ada@home.example>", ADA),
        (b"", ADA),
    ],
)  # fmt: skip
def test_a_line_says_who_it_is(line, proper):
    assert Mailmap(line).proper(*ADA) == proper


@pytest.mark.parametrize(
    ("lines", "proper"),
    [
        (b"A <ada@home.example>\nB <ada@home.example>", (b"B", b"Ada@Home.example")),
        (b"A <ada@home.example>\n<x@y> <ada@home.example>", (b"A", b"x@y")),
        (b"A <x@y> Ada Lovelace <ada@home.example>\nB <ada@home.example>", (b"A", b"x@y")),
        (
            b"A <x@y> Ada Lovelace <ada@home.example>\n<z@y> Ada Lovelace <ada@home.example>",
            (b"Ada Lovelace", b"z@y"),
        ),
    ],
)
def test_lines_of_one_address_add_up_and_a_name_goes_first(lines, proper):
    assert Mailmap(lines).proper(*ADA) == proper


def test_only_ascii_letters_have_no_case():
    mailmap = Mailmap("Ada <a@x> ÄDA <ada@x>".encode())
    assert mailmap.proper("Äda".encode(), b"ada@x") == (b"Ada", b"a@x")
    assert mailmap.proper("äda".encode(), b"ada@x") == ("äda".encode(), b"ada@x")


def test_no_address_at_all_may_be_mapped():
    assert Mailmap(b"Ada <ada@x> <>").proper(b"", b"") == (b"Ada", b"ada@x")


def entries(text):
    return [
        (each.commit_email, each.commit_name, each.proper_email, each.proper_name)
        for each in Mailmap(text).entries(REPO)
    ]


def test_an_entry_tells_what_its_lines_say():
    assert entries(
        b"Ada <ada@x>\n<ada@x> <Old@x>\nA <A@X> <ada@y>\nA <a@x> Ada L <ada@y>\n<nobody@x>\n"
    ) == [
        ("ada@x", "", "", "Ada"),
        ("ada@y", "", "a@x", "A"),
        ("ada@y", "ada l", "a@x", "A"),
        ("old@x", "", "ada@x", ""),
    ]


def test_lines_on_one_address_are_one_entry():
    assert entries(b"Ada <Ada@x>\n<a@x> <ada@x>\n") == [("ada@x", "", "a@x", "Ada")]


def test_an_entry_that_is_no_utf_8_keeps_what_can_be_read():
    assert entries(b"Ad\xe4 <a@x> <b@x>") == [("b@x", "", "a@x", "Ad\ufffd")]

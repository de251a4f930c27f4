"""git itself judges what a `.mailmap` says."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devhealth.processors.mailmap import Mailmap
from tests.repositories import make, run

names = st.sampled_from(
    ["Ada", "ada", "Ada L.", "ÄDA", "äda", "  Ada ", "#Ada", "", "\t", ">", "\r"]
)
addresses = st.sampled_from(["ada@x", "ADA@x", "b@x", " ada@x", "", "ä@x", "Ä@x", "a<b", "#"])
persons = st.builds("{}<{}>".format, names, addresses)
lines = st.one_of(
    persons,
    st.builds("{}{}".format, persons, persons),
    st.builds("{}{}{}".format, persons, persons, names | persons),
    st.builds("#{}".format, persons),
    st.text("Aa<>@#x \t\r\0", max_size=12),
)
asked = st.tuples(
    names.map(lambda name: name.strip().strip(">")), addresses.filter(lambda each: "<" not in each)
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return make(tmp_path_factory.mktemp("mailmap") / "r.git")


@given(st.lists(lines, max_size=8).map("\n".join), st.lists(asked, min_size=1, max_size=6))
@example("A <a@x> Ada <ada@x>\n<b@x> Ada <ada@x>", [("Ada", "ada@x")])
@example("A <ada@x>\n<b@x> <ada@x>\nC <c@x> Ada <ada@x>", [("Ada", "ADA@x"), ("", "ada@x")])
def test_git_maps_everybody_alike(repository, text, persons):
    blob = run(repository, "hash-object", "-w", "--stdin", text=text.encode())
    contacts = "".join(f"{name} <{email}>\n" for name, email in persons)
    told = run(
        repository, "-c", f"mailmap.blob={blob}", "check-mailmap", "--stdin", text=contacts.encode()
    )
    mailmap = Mailmap(text.encode())
    mapped = [mailmap.proper(name.encode(), email.encode()) for name, email in persons]
    ours = "".join(
        f"{name.decode()} <{email.decode()}>\n" if name else f"<{email.decode()}>\n"
        for name, email in mapped
    )
    assert ours.strip() == told

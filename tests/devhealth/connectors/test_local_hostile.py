"""A repository that nobody vouches for: nothing of it runs, and it changes no figure."""

import asyncio
import os
from pathlib import Path

import pytest

from devhealth.connectors.local import Local
from devhealth.errors import Permanent
from tests.repositories import NOON, Work, commit_by_hand, make, run

LINES = "".join(f"line {number}\n" for number in range(30))
PERSON = b"A <a@b> %d +0000" % NOON


def read_all(path):
    """Everything that the connector can be asked."""

    async def ask():
        local = Local(path)
        head = (await local.repository())["head_hash"]
        await local.has(head)
        async for _ in local.hashes(head):
            pass
        async for _ in local.vanished(head, head):
            pass
        assert await local.mailmap(head) == ("", b"")
        names = [each["author_name"] async for each in local.persons(head)]
        commits = [commit async for commit in local.git(head)]
        assert names == [commit["author_name"] for commit in commits]
        return commits

    return asyncio.run(ask())


# What would run

TRAPS = {
    "alias": "[alias]\n log = !{trap}\n rev-parse = !{trap}\n config = !{trap}\n",
    "fsmonitor": "[core]\n fsmonitor = {trap}\n",
    "hooks": "[core]\n hooksPath = {folder}/hooks\n",
    "pager": "[core]\n pager = {trap}\n[pager]\n log = {trap}\n rev-list = {trap}\n",
    "helpers": "[core]\n editor = {trap}\n askPass = {trap}\n sshCommand = {trap}\n",
    "external diff": "[diff]\n external = {trap}\n",
    "diff driver": '[diff "evil"]\n command = {trap}\n textconv = {trap}\n cachetextconv = true\n',
    "filter": '[filter "evil"]\n clean = {trap}\n smudge = {trap}\n process = {trap}\n required\n',
    "signature": "[log]\n showSignature = true\n[gpg]\n program = {trap}\n"
    '[gpg "ssh"]\n program = {trap}\n allowedSignersFile = /dev/null\n',
    "alternate refs": "[core]\n alternateRefsCommand = {trap}\n",
    "credentials": "[credential]\n helper = !{trap}\n",
    "trace": "[trace2]\n eventTarget = {folder}/caught\n normalTarget = {folder}/caught\n",
}
# The ones that plain git falls for with the commands below; the others guard against a later git.
SPRUNG = {"fsmonitor", "external diff", "diff driver", "filter", "signature"}


@pytest.fixture
def trapped(tmp_path):
    """A worktree with a signed commit, whose attributes send every file through the traps."""
    attributes = {".gitattributes": "* diff=evil filter=evil\n"}
    path = make(
        tmp_path / "r", Work(attributes | {"a": "1\n"}), Work({"a": "2\n"}), bare=False
    )  # fmt: skip
    tree, parent = run(path, "rev-parse", "main^{tree}", "main").encode().split()
    signature = b"-----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    signed = b"tree %s\nparent %s\nauthor %s\ncommitter %s\ngpgsig %s\n\nsigned\n" % (
        tree, parent, PERSON, PERSON, signature,
    )  # fmt: skip
    commit_by_hand(path / ".git", signed)
    run(path, "reset", "-q", "--hard")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/caught\n")
    trap.chmod(0o755)
    (tmp_path / "hooks").mkdir()
    for hook in ("post-index-change", "reference-transaction", "post-checkout", "pre-auto-gc"):
        (tmp_path / "hooks" / hook).symlink_to(trap)
    return path


def set_trap(path: Path, config: str) -> Path:
    folder = path.parent
    with (path / ".git/config").open("a") as file:
        file.write(config.format(trap=folder / "trap", folder=folder))
    return folder / "caught"


@pytest.mark.parametrize("name", TRAPS)
def test_nothing_of_the_repository_runs(trapped, name):
    caught = set_trap(trapped, TRAPS[name])
    assert len(read_all(trapped)) == 3
    assert not caught.exists()


@pytest.mark.parametrize("name", sorted(SPRUNG))
def test_the_trap_is_real(trapped, name):
    """Plain git, as a person calls it, falls for it."""
    caught = set_trap(trapped, TRAPS[name])
    (trapped / "a").write_text("changed\n")
    for command in (
        "--paginate log -p --ext-diff --textconv",
        "log --show-signature",
        "status",
        "add a",
    ):
        run(trapped, *command.split(), check=False)
    assert caught.exists()


def test_inherited_variables_run_and_move_nothing(trapped, tmp_path, monkeypatch):
    caught = set_trap(trapped, "")
    other = make(tmp_path / "other", Work())
    for name in ("GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_EDITOR"):
        monkeypatch.setenv(name, str(tmp_path / "trap"))
    monkeypatch.setenv("GIT_DIR", str(other))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other / "objects"))
    monkeypatch.setenv("GIT_TRACE", str(caught))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "diff.external")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path / "trap"))
    assert len(read_all(trapped)) == 3
    assert not caught.exists()


@pytest.mark.parametrize(
    "remote",
    [
        "url = {far}\n uploadpack = {trap}\n",
        "url = ext::{trap} %S\n",
        "url = ssh://example.invalid/x\n",
        "url = {far}\n vcs = trap\n",
    ],
    ids=["upload-pack", "ext", "ssh", "helper"],
)
def test_a_missing_object_is_not_fetched(trapped, tmp_path, monkeypatch, remote):
    """A partial clone fetches what it lacks, by whatever its own configuration names."""
    caught = make_partial(trapped, tmp_path, monkeypatch, remote)
    with pytest.raises(Permanent, match="git failed in"):
        read_all(trapped)
    assert not caught.exists()


def test_the_trap_of_the_missing_object_is_real(trapped, tmp_path, monkeypatch):
    caught = make_partial(trapped, tmp_path, monkeypatch, "url = {far}\n uploadpack = {trap}\n")
    run(trapped, "-c", "protocol.allow=never", "log", "--numstat", check=False)
    assert caught.exists()


def make_partial(path, folder, monkeypatch, remote):
    blob = run(path, "rev-parse", "main~1:a")
    for pack in (path / ".git/objects/pack").glob("*.pack"):
        run(path, "unpack-objects", "-q", text=pack.rename(folder / "moved").read_bytes())
    (path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    (folder / "git-remote-trap").symlink_to(folder / "trap")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    far = make(folder / "far")
    allowed = "".join(f'[protocol "{name}"]\n allow = always\n' for name in ("file", "ext", "ssh"))
    config = (
        "[core]\n repositoryformatversion = 1\n sshCommand = {trap}\n"
        "[extensions]\n partialClone = origin\n"
        f'[remote "origin"]\n promisor = true\n {remote}' + allowed
    )
    return set_trap(path, config.replace("{far}", str(far)))


# What would change a figure

TWISTS = {
    "copies": "[diff]\n renames = copies\n",
    "no renames": "[diff]\n renames = false\n",
    "rename limit": "[diff]\n renameLimit = 1\n",
    "algorithm": "[diff]\n algorithm = patience\n",
    "order": "[diff]\n orderFile = {folder}/order\n",
    "relative": "[diff]\n relative = true\n noprefix = true\n context = 99\n",
    "submodules": "[diff]\n ignoreSubmodules = all\n submodule = log\n",
    "merges": "[log]\n diffMerges = first-parent\n",
    "root": "[log]\n showRoot = false\n",
    "output": "[log]\n date = relative\n mailmap = false\n decorate = full\n abbrevCommit = true\n"
    "[format]\n pretty = oneline\n[color]\n ui = always\n[core]\n abbrev = 4\n",
    "encoding": "[i18n]\n logOutputEncoding = UTF-16\n commitEncoding = UTF-7\n",
    "big files": "[core]\n bigFileThreshold = 1\n",
    "mailmap": "[mailmap]\n file = {folder}/mailmap\n blob = main:a\n[log]\n mailmap = true\n",
    "attributes": "[core]\n attributesFile = {folder}/attributes\n",
    "work tree": "[core]\n worktree = {folder}/elsewhere\n",
    "home": "[include]\n path = ~/config\n[core]\n excludesFile = ~/ignore\n",
    "notes": "[notes]\n displayRef = refs/notes/*\n",
}


# Four lines each way by git's default algorithm, five by patience.
OLD, NEW = ("\n".join(digits) for digits in ("14412435", "40403241"))


@pytest.fixture
def plain(tmp_path):
    """Root, rename, submodule, merge: every kind of entry that a setting could twist."""
    path = make(
        tmp_path / "r",
        Work({"b/a": LINES, "c": "1\n", "dir/e": LINES + "x\n", "g": OLD}),
        Work({"d": "x\n", "g": NEW}, renames={"b/a": "b/z"}),
        Work({"c": "2\n", "b/a": LINES}, parents=(0,)),
        Work({"c": "2\n", "d": "x\n"}, renames={"b/a": "b/z"}, parents=(2, 1)),
        Work({"b/y": LINES + "y\n", "f": LINES + "x\ny\n"}, renames={"b/z": "b/y", "dir/e": "f"}),
        Work({".gitmodules": '[submodule "s"]\n path = s\n url = x\n ignore = all\n'}),
        bare=False,
    )
    tree = run(path, "ls-tree", "main").encode() + b"\n160000 commit " + b"1" * 40 + b"\ts\n"
    tree = run(path, "mktree", "--missing", text=tree).encode()
    parent = run(path, "rev-parse", "main").encode()
    commit_by_hand(path / ".git", b"tree %s\nparent %s\nauthor %s\ncommitter %s\n\nsubmodule\n"
                   % (tree, parent, PERSON, PERSON))  # fmt: skip
    run(path, "reset", "-q", "--hard")
    for name in ("mailmap", "elsewhere/.mailmap"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("Eve <eve@example.com> <ada@example.com>\n")
    (tmp_path / "attributes").write_text("* binary\n")
    (tmp_path / "elsewhere/.gitattributes").write_text("* binary\n")
    (tmp_path / "order").write_text("d\nc\nb/*\n")
    return path


@pytest.mark.parametrize("name", TWISTS)
def test_the_repositorys_configuration_changes_no_figure(plain, name):
    straight = read_all(plain)
    set_trap(plain, TWISTS[name])
    assert read_all(plain) == straight


def test_a_submodule_that_asks_to_be_ignored_counts(plain):
    assert read_all(plain)[0]["files"] == [(b"1", b"0", b"s", None)]


def test_replaced_and_grafted_commits_count_as_they_are(plain):
    straight = read_all(plain)
    run(plain, "replace", "main", "main~1")
    (plain / ".git/info").mkdir(exist_ok=True)
    (plain / ".git/info/grafts").write_text(run(plain, "rev-parse", "main") + "\n")
    assert read_all(plain) == straight


def test_notes_are_no_part_of_a_message(plain):
    straight = read_all(plain)
    run(plain, "-c", "user.name=A", "-c", "user.email=a@b", "notes", "add", "-m", "note", "main")
    assert read_all(plain) == straight


def test_a_commit_graph_that_lies_is_not_asked(plain):
    straight = read_all(plain)
    deny_all_parents(plain)
    assert read_all(plain) == straight


def test_the_lie_of_the_commit_graph_is_real(plain):
    deny_all_parents(plain)
    assert run(plain, "rev-list", "--count", "main") == "1"


def deny_all_parents(path):
    """gitformat-commit-graph: tree, two parents (0x70000000: none), generation and date."""
    run(path, "commit-graph", "write", "--reachable")
    (graph,) = (path / ".git/objects/info").glob("commit-graph*")
    content = bytearray(graph.read_bytes())
    entry = content.index(b"CDAT")
    start, end = (int.from_bytes(content[at : at + 8], "big") for at in (entry + 4, entry + 16))
    for parents in range(start + 20, end, 36):
        content[parents : parents + 8] = bytes.fromhex("7000000070000000")
    graph.chmod(0o644)
    graph.write_bytes(content)


def test_a_mailmap_that_never_ends_is_not_opened(plain):
    straight = read_all(plain)
    os.mkfifo(plain.parent / "fifo")
    set_trap(plain, "[mailmap]\n file = {folder}/fifo\n[core]\n attributesFile = {folder}/fifo\n")
    assert read_all(plain) == straight


def test_a_mailmap_that_leads_out_of_the_repository_is_not_read(plain):
    straight = read_all(plain)
    (plain / ".mailmap").symlink_to(plain.parent / "mailmap")
    assert read_all(plain) == straight


def test_the_figures_are_gits_own(plain):
    """What git prints for a person is the only judge there is."""
    printed = run(plain, "log", "--numstat", "-M", "--format=", "main~1").splitlines()
    lines = [line.split("\t")[:2] for line in printed if line]
    ours = [
        [added.decode(), deleted.decode()]
        for commit in read_all(plain)[1:]
        for added, deleted, *_ in commit["files"]
    ]
    assert ours == lines

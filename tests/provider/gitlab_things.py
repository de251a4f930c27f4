"""Bodies in GitLab's shape, of people who do not exist."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from devhealth.models.records import Repository

ADA = {"id": 1, "username": "Ada", "name": "Ada Lovelace"}
BOB = {"id": 2, "username": "bob", "name": "Bob Builder"}
EVE = {"id": 3, "username": "eve", "name": "Eve Example"}
GHOST = {"id": 4, "username": "ghost", "name": "Ghost User"}

EVENTS = ("label_events", "state_events")
"""What is no note of an issue to REST."""
URL = "https://gitlab.example.com/acme/web/api"
API = Repository(
    repo_id=UUID(int=7),
    source_id="gitlab.example.com",
    provider="gitlab",
    full_name="acme/web/api",
    url=URL,
    default_branch="main",
)


def at(hour, minute=0, day=2):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def text(when):
    return when.isoformat().replace("+00:00", "Z")


def raw_project(**changes):
    return {
        "id": 70,
        "path_with_namespace": "acme/web/api",
        "web_url": URL,
        "default_branch": "main",
        "archived": False,
        "created_at": "2020-01-01T00:00:00.000Z",
    } | changes


def raw_merge_request(**changes):
    """!7 of Ada, opened at 9, merged at 12."""
    return {
        "id": 900,
        "iid": 7,
        "title": "Add a door",
        "description": None,
        "state": "merged",
        "draft": False,
        "created_at": text(at(9)),
        "updated_at": text(at(13)),
        "merged_at": text(at(12)),
        "closed_at": None,
        "source_branch": "door",
        "target_branch": "main",
        "sha": "a" * 40,
        "merge_commit_sha": "b" * 40,
        "squash_commit_sha": None,
        "author": ADA,
        "labels": ["ui", "api"],
        "web_url": f"{URL}/-/merge_requests/7",
        "notes": [],
        "commits": [],
    } | changes


def raw_note(number, author, body, when, **changes):
    return {
        "id": number,
        "type": None,
        "body": body,
        "author": author,
        "created_at": text(when),
        "system": False,
        "resolvable": False,
    } | changes


def raw_event(number, author, body, when):
    """What the system notes."""
    return raw_note(number, author, body, when, system=True)


def raw_commit(number, when, **changes):
    return {
        "id": f"{number:040x}",
        "message": "Add a door\n",
        "authored_date": text(when),
        "committed_date": text(when + timedelta(minutes=5)),
        "author_name": "Ada Lovelace",
        "author_email": "ada@example.com",
    } | changes


def with_details(raw, version="17.4.1-ee", **changes):
    """The same merge request as GraphQL's details tell its notes and commits."""
    kinds = {None: "Note", "DiffNote": "DiffNote", "DiscussionNote": "DiscussionNote"}
    notes = [
        {
            "id": f"gid://gitlab/{kinds[note['type']]}/{note['id']}",
            "body": note["body"],
            "system": note["system"],
            "createdAt": note["created_at"],
            "resolvable": note["resolvable"],
            "author": note["author"]
            and {name: note["author"][name] for name in ("username", "name")},
            "position": {"filePath": "door.py"} if note["type"] == "DiffNote" else None,
        }
        for note in raw["notes"]
    ]
    commits = [
        {
            "sha": commit["id"],
            "message": commit["message"],
            "authoredDate": commit["authored_date"],
            "committedDate": commit["committed_date"],
            "authorName": commit["author_name"],
            "authorEmail": commit["author_email"],
        }
        for commit in raw["commits"] or ()
    ]
    page = {"hasNextPage": False, "endCursor": None}
    details = {
        "iid": str(raw["iid"]),
        "commitCount": len(commits),
        "diffStatsSummary": {"additions": 40, "deletions": 20, "fileCount": 3},
        "notes": {"pageInfo": page, "nodes": notes},
        "commits": None if raw["commits"] is None else {"pageInfo": page, "nodes": commits},
    } | changes
    rest = {key: value for key, value in raw.items() if key not in ("notes", "commits")}
    return rest | {"details": details, "instance_version": version}


def raw_pipeline(**changes):
    return {
        "id": 500,
        "sha": "a" * 40,
        "ref": "main",
        "status": "success",
        "source": "push",
        "name": "Build",
        "created_at": text(at(9)),
        "updated_at": text(at(10)),
        "started_at": text(at(9, 3)),
        "finished_at": text(at(9, 33)),
        "web_url": f"{URL}/-/pipelines/500",
    } | changes


def raw_deployment(**changes):
    return {
        "id": 42,
        "iid": 2,
        "ref": "main",
        "sha": "a" * 40,
        "status": "success",
        "created_at": text(at(9)),
        "updated_at": text(at(11)),
        "environment": {"id": 5, "name": "production"},
        "deployable": {
            "id": 800,
            "started_at": text(at(9, 10)),
            "finished_at": text(at(9, 25)),
            "web_url": f"{URL}/-/jobs/800",
        },
    } | changes


def raw_release(**changes):
    return {
        "tag_name": "v1.2",
        "name": "1.2",
        "created_at": text(at(9)),
        "released_at": text(at(10)),
        "upcoming_release": False,
        "commit": {"id": "a" * 40},
        "_links": {"self": f"{URL}/-/releases/v1.2"},
    } | changes


def raw_issue(**changes):
    return {
        "id": 3000,
        "iid": 12,
        "title": "Doors are shut",
        "issue_type": "incident",
        "severity": "HIGH",
        "state": "closed",
        "created_at": text(at(9)),
        "updated_at": text(at(12)),
        "closed_at": text(at(11, 30)),
        "web_url": f"{URL}/-/issues/12",
        "labels": [],
        "author": ADA,
        "assignees": [],
        "milestone": None,
        "iteration": None,
        "due_date": None,
        "weight": None,
        "moved_to_id": None,
        "notes": [],
        "label_events": [],
        "state_events": [],
    } | changes


def raw_label_event(number, author, action, label, when):
    """`action`: add or remove; `label`: (id, name), null where it is no more."""
    return {
        "id": number,
        "user": author,
        "created_at": text(when),
        "action": action,
        "label": label and {"id": label[0], "name": label[1]},
    }


def raw_state_event(number, author, state, when):
    return {"id": number, "user": author, "created_at": text(when), "state": state}


def raw_milestone(**changes):
    return {
        "id": 700,
        "iid": 4,
        "title": "Spring 1",
        "state": "active",
        "start_date": "2026-03-02",
        "due_date": "2026-03-15",
    } | changes


def activity(raw):
    """What GraphQL shows as notes of GitLab's own, oldest first."""
    words = {"add": "added", "remove": "removed"}
    shown = [
        _note_of("Note", note["id"], note["author"], note["created_at"], note["body"])
        for note in raw["notes"]
        if note["system"]
    ]
    for each in raw["label_events"]:
        body = f"{words[each['action']]} " + (
            f"~{each['label']['id']} label" if each["label"] else "1 deleted label"
        )
        shown.append(_note_of("LabelNote", each["id"], each["user"], each["created_at"], body))
    for each in raw["state_events"]:
        told = (each["id"], each["user"], each["created_at"], each["state"])
        shown.append(_note_of("StateNote", *told))
    return sorted(shown, key=lambda note: note["createdAt"])


def _note_of(kind, number, author, when, body):
    return {
        "id": f"gid://gitlab/{kind}/{kind[0]}{number}",
        "body": body,
        "system": True,
        "createdAt": when,
        "author": author and {name: author[name] for name in ("username", "name")},
    }

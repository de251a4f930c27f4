"""GitHub's things with made-up people, as a world has them: lists are plain lists of Python.

`nodes` makes of one what GraphQL answers: every list a connection that shows all of it.
"""

from datetime import UTC, datetime, timedelta

LISTS = (
    "assignees", "checkRuns", "closingIssuesReferences", "comments", "commits", "labels", "reviews",
    "statuses", "timelineItems",
)  # fmt: skip


def at(text):
    """`2026-03-02 08:00` as GitHub writes it."""
    return f"{text.replace(' ', 'T')}:00Z"


def minutes(start, count):
    moment = datetime.fromisoformat(start).astimezone(UTC) + timedelta(minutes=count)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(login="ada", name=None):
    return {"__typename": "User", "login": login, "name": name}


def bot(login="dependabot"):
    return {"__typename": "Bot", "login": login}


def pull(number=7, **but):
    return {
        "__typename": "PullRequest",
        "id": f"PR_{number}",
        "number": number,
        "title": "Carry the lamp",
        "url": f"https://github.com/acme/api/pull/{number}",
        "state": "OPEN",
        "isDraft": False,
        "body": "",
        "author": user("Ada", "Ada Lovelace"),
        "createdAt": at("2026-03-02 08:00"),
        "updatedAt": at("2026-03-02 12:00"),
        "mergedAt": None,
        "closedAt": None,
        "baseRefName": "main",
        "headRefName": "lamp",
        "additions": 40,
        "deletions": 10,
        "changedFiles": 3,
        "mergeCommit": None,
        "labels": [],
        "reviews": [],
        "comments": [],
        "commits": [],
        "timelineItems": [],
        "closingIssuesReferences": [],
        **but,
    }


def merged(number=7, on="2026-03-03 10:00", **but):
    told = {"state": "MERGED", "mergedAt": at(on), "closedAt": at(on), "updatedAt": at(on)}
    return pull(number, **{**told, "mergeCommit": commit("e" * 40)["commit"], **but})


def review(number=1, state="APPROVED", on="2026-03-02 10:00", who="grace", **but):
    return {
        "__typename": "PullRequestReview",
        "id": f"PRR_{number}",
        "fullDatabaseId": str(number),
        "state": state,
        "submittedAt": on and at(on),
        "author": who and user(who),
        "comments": [],
        **but,
    }


def comment(number=1, on="2026-03-02 09:00", who="grace", **but):
    return {
        "fullDatabaseId": str(number),
        "createdAt": at(on),
        "author": who and user(who),
        "state": "SUBMITTED",
        **but,
    }


def commit(
    oid="a" * 40,
    on="2026-03-01 18:00",
    name="Ada Lovelace",
    email="ada@acme.example",
    message="Lamp",
):
    author = {"name": name, "email": email}
    dates = {"authoredDate": at(on), "committedDate": minutes(at(on), 5)}
    return {"commit": {"oid": oid, "message": message, **dates, "author": author}}


def event(kind, on, **more):
    return {"__typename": kind, "createdAt": at(on), **more}


def dismissal(of, before, on="2026-03-02 11:00"):
    return event("ReviewDismissedEvent", on, previousReviewState=before, review={"id": of})


def deployment(number=1, environment="production", on="2026-03-03 10:00", statuses=(), **but):
    return {
        "__typename": "Deployment",
        "id": f"DE_{number}",
        "environment": environment,
        "createdAt": at(on),
        "updatedAt": max([at(on), *(each["createdAt"] for each in statuses)]),
        "commitOid": "c" * 40,
        "ref": {"name": "main"},
        "statuses": list(statuses),
        **but,
    }


def status(state, on, number=1, **but):
    return {"id": f"DES_{number}", "state": state, "createdAt": at(on), "logUrl": None, **but}


def release(tag="v1.0", on="2026-03-04 09:00", **but):
    return {
        "__typename": "Release",
        "id": f"RE_{tag}",
        "tagName": tag,
        "url": f"https://github.com/acme/api/releases/tag/{tag}",
        "isDraft": False,
        "isPrerelease": False,
        "createdAt": at(on),
        "publishedAt": at(on),
        "tagCommit": {"oid": "d" * 40},
        **but,
    }


def issue(number=5, labels=("incident",), on="2026-03-05 10:00", **but):
    return {
        "__typename": "Issue",
        "id": f"I_{number}",
        "fullDatabaseId": str(900 + number),
        "number": number,
        "title": "Nobody can pay",
        "url": f"https://github.com/acme/api/issues/{number}",
        "state": "OPEN",
        "createdAt": at(on),
        "updatedAt": at(on),
        "closedAt": None,
        "stateReason": None,
        "author": user("Ada", "Ada Lovelace"),
        "issueType": None,
        "milestone": None,
        "parent": None,
        "repository": {"nameWithOwner": "acme/api"},
        "labels": [{"name": each} for each in labels],
        "assignees": [],
        "timelineItems": [],
        **but,
    }


def closed(number=5, reason="COMPLETED", on="2026-03-06 10:00", **but):
    """An issue that is."""
    told = {"state": "CLOSED", "stateReason": reason, "closedAt": at(on), "updatedAt": at(on)}
    return issue(number, **{"labels": (), **told, **but})


def change(number, kind, on, who="grace", **more):
    """An event of an issue: `change(1, "Labeled", …, label={"name": "bug"})`."""
    return {
        "__typename": f"{kind}Event",
        "id": f"EV_{number}",
        "createdAt": at(on),
        "actor": who and user(who),
        **more,
    }


def milestone(title="Spring", state="OPEN", due="2026-03-31 00:00", **but):
    return {
        "id": f"MI_{title}",
        "title": title,
        "state": state,
        "dueOn": due and at(due),
        "closedAt": None,
        **but,
    }


def run(number=1, on="2026-03-02 08:00", **but):
    return {
        "id": number,
        "name": "tests",
        "head_branch": "main",
        "head_sha": "b" * 40,
        "event": "push",
        "status": "completed",
        "conclusion": "success",
        "created_at": at(on),
        "run_started_at": at(on),
        "updated_at": minutes(at(on), 10),
        "run_attempt": 1,
        "check_suite_node_id": f"CS_{number}",
        "html_url": f"https://github.com/acme/api/actions/runs/{number}",
        "head_repository": {"id": 42},
        **but,
    }


def job(begun, ended=None, conclusion="SUCCESS"):
    return {
        "startedAt": at(begun),
        "completedAt": ended and at(ended),
        "conclusion": conclusion if ended else None,
    }


def repository(full_name="acme/api", **but):
    return {
        "id": 42,
        "full_name": full_name,
        "html_url": f"https://github.com/{full_name}",
        "default_branch": "main",
        "fork": False,
        "archived": False,
        "created_at": at("2020-01-01 00:00"),
        **but,
    }


def nodes(thing):
    """As GraphQL answers it."""
    if not isinstance(thing, dict):
        return thing
    return {
        key: connection([nodes(each) for each in value])
        if key in LISTS and value is not None
        else nodes(value)
        for key, value in thing.items()
    }


def connection(listed):
    info = {"hasNextPage": False, "endCursor": None}
    return {"totalCount": len(listed), "pageInfo": info, "nodes": listed}

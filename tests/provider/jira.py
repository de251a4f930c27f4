"""A Jira Cloud site on a peer.

    board = Board(issues=[raw_issue()])
    board.serve(peer)

Issues have their `histories` beside; they may change between two requests. The search reads the
JQL of one project and a window, to the minute, and embeds one change of each issue, as if it were
all. Lists of the site itself give what was asked for, but never more than `most`.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime

from tests.provider.exchange import Told
from tests.provider.jira_things import FIELDS, STATUSES, raw_project

API = "/rest/api/3"
JQL = re.compile(
    r'project = (?P<project>"?\w+"?)'
    r"(?: AND updated >= (?P<since>\d+))?"
    r"(?: AND updated < (?P<before>\d+))?"
    r" ORDER BY updated ASC, key ASC"
)


@dataclass
class Board:
    project: dict = field(default_factory=raw_project)
    issues: list = field(default_factory=list)
    fields: list = field(default_factory=lambda: FIELDS)
    statuses: list = field(default_factory=lambda: STATUSES)
    projects: list = field(default_factory=list)
    has_bulk: bool = True
    most: int = 100
    """Issues of a page, and changes of one issue."""
    most_changes: int = 1_000
    """Of many issues at once."""

    def serve(self, peer):
        peer.route("GET", f"{API}/project/search", lambda asked: counted(asked, self.projects, 50))
        peer.route("GET", f"{API}/project/{{key}}", self.one_project)
        peer.route("GET", f"{API}/field", lambda asked: self.fields)
        peer.route("GET", f"{API}/status", lambda asked: self.statuses)
        peer.route("GET", f"{API}/search/jql", self.search)
        peer.route("POST", f"{API}/changelog/bulkfetch", self.changes)
        peer.route("GET", f"{API}/issue/{{id}}", self.one_issue)
        peer.route("GET", f"{API}/issue/{{id}}/changelog", self.changes_of_one)

    def one_project(self, asked):
        return self.project if asked.fields["key"] == self.project["key"] else missing()

    def search(self, asked):
        found = JQL.fullmatch(asked.query["jql"])
        if not found or found["project"] not in (self.project["id"], f'"{self.project["key"]}"'):
            return Told(status=400, json={"errorMessages": ["The value does not exist."]})
        there = [each for each in self.issues if self.is_asked(each, found)]
        there.sort(key=lambda each: (each["fields"]["updated"] or "", each["key"]))
        wanted = asked.query["fields"].split(",")
        start = int(asked.query.get("nextPageToken", "t0")[1:])
        end = start + min(int(asked.query["maxResults"]), self.most)
        following = {"nextPageToken": f"t{end}"} if end < len(there) else {}
        page = [shown(each, wanted) for each in there[start:end]]
        return {"issues": page, "isLast": not following, **following}

    def is_asked(self, issue, found):
        if issue["fields"]["project"]["id"] != self.project["id"]:
            return False
        told = issue["fields"]["updated"]
        minute = told and datetime.fromisoformat(told).timestamp() // 60
        since, before = (found[name] and int(found[name]) // 60_000 for name in ("since", "before"))
        if not told:
            return True
        return (since is None or since <= minute) and (before is None or minute < before)

    def changes(self, asked):
        """The oldest first, whosever it is; instants are numbers here."""
        if not self.has_bulk:
            return missing()
        ids = asked.json["issueIdsOrKeys"]
        told = [
            (change["created"], each["id"], change)
            for each in self.issues
            if each["id"] in ids
            for change in each["histories"]
        ]
        told.sort(key=lambda each: each[:2])
        start = int(asked.json.get("nextPageToken", "c0")[1:])
        end = start + min(asked.json["maxResults"], self.most_changes)
        following = {"nextPageToken": f"c{end}"} if end < len(told) else {}
        by_issue = {}
        for _, issue, change in told[start:end]:
            by_issue.setdefault(issue, []).append(change | {"created": number(change["created"])})
        logs = [{"issueId": each, "changeHistories": found} for each, found in by_issue.items()]
        return {"issueChangeLogs": logs, **following}

    def one_issue(self, asked):
        found = [each for each in self.issues if each["id"] == asked.fields["id"]]
        return shown(found[0], asked.query["fields"].split(",")) if found else missing()

    def changes_of_one(self, asked):
        found = [each for each in self.issues if each["id"] == asked.fields["id"]]
        return counted(asked, found[0]["histories"], self.most) if found else missing()


def shown(issue, wanted):
    fields = {name: value for name, value in issue["fields"].items() if name in wanted}
    cut = {"startAt": 0, "maxResults": 1, "total": 1, "histories": issue["histories"][:1]}
    return {"id": issue["id"], "key": issue["key"], "fields": fields, "changelog": cut}


def number(told):
    return int(datetime.fromisoformat(told).timestamp() * 1000)


def counted(asked, things, most):
    start = int(asked.query.get("startAt", 0))
    size = min(int(asked.query.get("maxResults", 50)), most)
    values = things[start : start + size]
    is_last = start + size >= len(things)
    return {"startAt": start, "maxResults": size, "total": len(things), "isLast": is_last} | {
        "values": values
    }


def missing():
    return Told(status=404, json={"errorMessages": ["It does not exist or you may not see it."]})

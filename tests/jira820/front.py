"""What version 3 of the API would answer, asked of a server that knows version 2."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.error import HTTPError

from tests.jira820.server import asked as ask
from tests.provider.exchange import Told

OLD, NEW = "/rest/api/2", "/rest/api/3"
WINDOW = re.compile(r"updated (>=|<) (\d+)")
DAY = 86_400_000


@dataclass
class Front:
    """Of one project of the server at `url`."""

    url: str
    key: str
    keys: dict = field(default_factory=dict)
    """Of issues that were told, by their ids."""

    def serve(self, peer):
        peer.route("GET", f"{NEW}/project/{{key}}", self.project)
        peer.route("GET", f"{NEW}/field", lambda asked: ask(self.url, f"{OLD}/field"))
        peer.route("GET", f"{NEW}/status", lambda asked: ask(self.url, f"{OLD}/status"))
        peer.route("GET", f"{NEW}/search/jql", self.search)
        peer.route("GET", f"{NEW}/issue/{{id}}/changelog", self.changelog)
        peer.route("POST", f"{NEW}/changelog/bulkfetch", self.bulk)

    def project(self, asked):
        """Under the id that its issues name: it gives its projects another one."""
        told = ask(self.url, f"{OLD}/project/{asked.fields['key']}")
        [one] = self.page(f"project = {self.key}", 0, 1, "project")["issues"]
        return told | {"id": one["fields"]["project"]["id"]}

    def search(self, asked):
        start = int(asked.query.get("nextPageToken", 0))
        jql = f"project = {self.key}{self.days(asked.query['jql'])} ORDER BY key ASC"
        found = self.page(jql, start, min(int(asked.query["maxResults"]), 100), "*all")
        self.keys |= {each["id"]: each["key"] for each in found["issues"]}
        end = start + len(found["issues"])
        following = {"nextPageToken": str(end)} if end < found["total"] else {}
        return {"issues": [with_accounts(each) for each in found["issues"]], **following}

    def days(self, jql):
        """It knows days and no instants: a day more on either side, as the JQL of some site may."""
        clauses = [
            f' AND updated {sign} "{day(int(told) + (-DAY if sign == ">=" else 2 * DAY))}"'
            for sign, told in WINDOW.findall(jql)
        ]
        return "".join(clauses)

    def page(self, jql, start, most, fields):
        wanted = {"jql": jql, "startAt": start, "maxResults": most, "fields": fields}
        return ask(self.url, f"{OLD}/search", **wanted)

    def changelog(self, asked):
        path = f"{OLD}/issue/{self.keys[asked.fields['id']]}"
        told = ask(self.url, path, expand="changelog")["changelog"]["histories"]
        start = int(asked.query["startAt"])
        values = [with_accounts(each) for each in told[start : start + 1]]
        return {"startAt": start, "total": len(told), "values": values}

    def bulk(self, asked):
        """Its own refusal."""
        try:
            return ask(self.url, asked.path, body=asked.json)
        except HTTPError as error:
            return Told(status=error.code, json={})


def day(milliseconds):
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def with_accounts(told):
    """People have a name there and an account id in the cloud."""
    if isinstance(told, list):
        return [with_accounts(each) for each in told]
    if not isinstance(told, dict):
        return told
    found = {key: with_accounts(value) for key, value in told.items()}
    return found | ({"accountId": found["key"]} if "displayName" in found else {})

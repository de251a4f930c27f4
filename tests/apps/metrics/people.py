"""Identities that tests of the Directory know, and the shortest ways to ask about them."""

from devhealth.models.directory import Directory
from devhealth.processors.identity import Identities

PEOPLE = Identities(Directory())
ADA = PEOPLE.resolve("Ada Lovelace", "ada@example.com")
HOME = PEOPLE.resolve("ada lovelace", "ada.lovelace@gmail.com")
HUB = PEOPLE.resolve("Ada", "1+ada@users.noreply.github.com")
NAMED = PEOPLE.resolve("Countess", "")
GRACE = PEOPLE.resolve("Grace Hopper", "grace@example.com")
ROBOT = PEOPLE.resolve("dependabot[bot]", "bot@example.com")
NOBODY = PEOPLE.resolve("", "")
EVERYBODY = [ADA, HOME, HUB, NAMED, GRACE, ROBOT, NOBODY]


def of(identity, more=""):
    return f"identities/{identity.author_id}{more}"


def told(who, identity):
    return who.get(of(identity)).json()


def merge(who, kept, *others, **headers):
    body = {"others": [str(each.author_id) for each in others]}
    return who.send("POST", of(kept, "/merge"), body, **headers)


def split(who, kept, *texts):
    return who.send("POST", of(kept, "/split"), {"texts": list(texts)})


def link(who, identity, user_id):
    return who.send("PUT", of(identity, "/user"), {"user_id": str(user_id)})


def ids(answer):
    return [item["author_id"] for item in answer.json()["items"]]


def names(answer):
    return [item["name"] for item in answer.json()["items"]]

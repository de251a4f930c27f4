"""What a provider's webhook says happened, read as far as it says where to look, and no further.

Of a body count the source and the names of things: whatever else it says is asked for anew. Names
are those of `devhealth.connectors.Remote.named`. Nothing here raises: what cannot be read says
nothing that could be looked at.
Source: docs.github.com/webhooks, docs.gitlab.com/user/project/integrations/webhook_events,
developer.atlassian.com/cloud/jira/platform/webhooks.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Raw = Any
Headers = Mapping[str, str]
Asks = Mapping[str, list[str]]

LONGEST_ID: Final = 100
LONGEST_KIND: Final = 100
LONGEST_SOURCE: Final = 255
NOTHING: Final = "Ignored: it says nothing that is synced."

_NAME = re.compile(r"[\w.+/ -]{1,200}")  # of a thing; a release's tag is the longest
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-\d+")


@dataclass(frozen=True, slots=True)
class Telling:
    """`source`: a repository or a project, in the provider's words. `asks`: names by target; none
    of a target means all that is new."""

    kind: str
    source: str = ""
    asks: Asks = field(default_factory=dict)


def told(provider: str, headers: Headers, body: Raw) -> Telling:
    """Of a body that is JSON, by a provider that has signed it."""
    telling = _READ[provider](headers, body if isinstance(body, dict) else {})
    names = {target: [each for each in asked if each] for target, asked in telling.asks.items()}
    asks = {target: found for target, found in names.items() if found or target == "git"}
    is_of_a_source = 0 < len(telling.source) <= LONGEST_SOURCE and "\x00" not in telling.source
    return Telling(
        telling.kind.replace("\x00", "")[:LONGEST_KIND],
        telling.source if is_of_a_source else "",
        asks if is_of_a_source else {},
    )


def event_id(provider: str, headers: Headers, body: bytes) -> str:
    """What the provider calls this delivery, the same when it repeats it; else of what it is."""
    for name in _IDS[provider]:
        if given := headers.get(name, ""):
            is_short = len(given) <= LONGEST_ID and given.isascii() and given.isprintable()
            return given if is_short else _digest(given.encode())
    return _digest(body)


def installation_of(body: Raw) -> str:
    """Of a GitHub App: whose event it is. '': of none."""
    return _name(_part(body, "installation").get("id"))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


# --- GitHub --------------------------------------------------------------------------------------


def _github(headers: Headers, body: Raw) -> Telling:
    kind, action = _text(headers.get("X-GitHub-Event")), _text(body.get("action"))
    repository = _part(body, "repository")
    said = f"{kind}.{action}" if action else kind
    asks = _GITHUB.get(kind, _nothing)(body, repository)
    return Telling(said, _text(repository.get("full_name")), asks)


def _pushed(body: Raw, repository: Raw) -> Asks:
    """Of other branches git reads nothing."""
    branch = _text(repository.get("default_branch"))
    return {"git": []} if branch and body.get("ref") == f"refs/heads/{branch}" else {}


def _pull_request(body: Raw, repository: Raw) -> Asks:
    return {"prs": [_name(_part(body, "pull_request").get("number"))]}


def _issue(body: Raw, repository: Raw) -> Asks:
    """A comment on a pull request comes as one on an issue."""
    issue = _part(body, "issue")
    number = _name(issue.get("number"))
    if "pull_request" in issue:
        return {"prs": [number]}
    return {"incidents": [number], "work-items": [number]}


def _workflow_run(body: Raw, repository: Raw) -> Asks:
    return {"cicd": [_name(_part(body, "workflow_run").get("id"))]}


def _workflow_job(body: Raw, repository: Raw) -> Asks:
    return {"cicd": [_name(_part(body, "workflow_job").get("run_id"))]}


def _deployment(body: Raw, repository: Raw) -> Asks:
    return {"deployments": [_name(_part(body, "deployment").get("id"))]}


def _release(body: Raw, repository: Raw) -> Asks:
    return {"deployments": [_released(_part(body, "release").get("id"))]}


def _nothing(body: Raw, repository: Raw) -> Asks:
    return {}


_GITHUB: Final = {
    "push": _pushed,
    "pull_request": _pull_request,
    "pull_request_review": _pull_request,
    "pull_request_review_comment": _pull_request,
    "pull_request_review_thread": _pull_request,
    "issues": _issue,
    "issue_comment": _issue,
    "workflow_run": _workflow_run,
    "workflow_job": _workflow_job,
    "deployment": _deployment,
    "deployment_status": _deployment,
    "release": _release,
}


# --- GitLab --------------------------------------------------------------------------------------


def _gitlab(headers: Headers, body: Raw) -> Telling:
    kind = _text(body.get("object_kind"))
    action = _text(_part(body, "object_attributes").get("action"))
    project = _part(body, "project")
    said = f"{kind}.{action}" if action else kind
    asks = _GITLAB.get(kind, _nothing)(body, project)
    return Telling(said, _text(project.get("path_with_namespace")), asks)


def _merge_request(body: Raw, project: Raw) -> Asks:
    return {"prs": [_name(_part(body, "object_attributes").get("iid"))]}


def _work_item(body: Raw, project: Raw) -> Asks:
    return _of_iid(_part(body, "object_attributes"))


def _note(body: Raw, project: Raw) -> Asks:
    if merge_request := _part(body, "merge_request"):
        return {"prs": [_name(merge_request.get("iid"))]}
    return _of_iid(_part(body, "issue"))


def _of_iid(issue: Raw) -> Asks:
    iid = _name(issue.get("iid"))
    return {"incidents": [iid], "work-items": [iid]}


def _pipeline(body: Raw, project: Raw) -> Asks:
    return {"cicd": [_name(_part(body, "object_attributes").get("id"))]}


def _build(body: Raw, project: Raw) -> Asks:
    return {"cicd": [_name(body.get("pipeline_id"))]}


def _gitlab_deployment(body: Raw, project: Raw) -> Asks:
    return {"deployments": [_name(body.get("deployment_id"))]}


def _gitlab_release(body: Raw, project: Raw) -> Asks:
    return {"deployments": [_released(body.get("tag"))]}


_GITLAB: Final = {
    "push": _pushed,
    "merge_request": _merge_request,
    "issue": _work_item,
    "incident": _work_item,
    "work_item": _work_item,
    "note": _note,
    "pipeline": _pipeline,
    "build": _build,
    "deployment": _gitlab_deployment,
    "release": _gitlab_release,
}


# --- Jira ----------------------------------------------------------------------------------------


def _jira(headers: Headers, body: Raw) -> Telling:
    """The project is in the issue's key, also where its fields do not come along."""
    kind, issue = _text(body.get("webhookEvent")), _part(body, "issue")
    found = _KEY.fullmatch(_text(issue.get("key")))
    return Telling(kind, found[1] if found else "", {"work-items": [_name(issue.get("id"))]})


_READ: Final = {"github": _github, "gitlab": _gitlab, "jira": _jira}
_IDS: Final = {
    "github": ("X-GitHub-Delivery",),
    "gitlab": ("webhook-id", "Idempotency-Key", "X-Gitlab-Event-UUID"),
    "jira": ("X-Atlassian-Webhook-Identifier",),
}

# --- reading what anybody may have written -------------------------------------------------------


def _part(raw: Raw, key: str) -> dict[str, Any]:
    found = raw.get(key) if isinstance(raw, dict) else None
    return found if isinstance(found, dict) else {}


def _text(said: Any) -> str:
    return said if isinstance(said, str) else ""


def _name(said: Any) -> str:
    """A number, or an id that is one in a text. '': it is none."""
    text = said if isinstance(said, str) else str(said) if type(said) is int else ""
    return text if len(text) <= 20 and text.isascii() and text.isdecimal() else ""


def _released(said: Any) -> str:
    text = said if isinstance(said, str) else str(said) if type(said) is int else ""
    return f"release:{text}" if _NAME.fullmatch(text) and ".." not in text else ""

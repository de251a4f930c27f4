"""Deliveries as providers sign them, made by hand: nothing here is the service's own code."""

import base64
import hashlib
import hmac
import json
import time

EVENT = {
    "github": ("X-GitHub-Event", "X-GitHub-Delivery"),
    "gitlab": ("X-Gitlab-Event", "X-Gitlab-Event-UUID"),
    "jira": ("X-Unused", "X-Atlassian-Webhook-Identifier"),
}


def raw(body):
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def hub(body, secret):
    return "sha256=" + hmac.new(secret.encode(), raw(body), hashlib.sha256).hexdigest()


def standard(body, secret, *, event_id="msg_1", at=None):
    """Headers of Standard Webhooks."""
    sent_at = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{event_id}.{sent_at}.".encode() + raw(body), hashlib.sha256)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": sent_at,
        "webhook-signature": f"v1,{base64.b64encode(signed.digest()).decode()}",
    }


def headers(provider, body, secret, *, kind="", delivery="d-1"):
    """As the provider sends it with this secret."""
    event, id = EVENT[provider]
    signature = {
        "github": lambda: {"X-Hub-Signature-256": hub(body, secret)},
        "gitlab": lambda: {"X-Gitlab-Token": secret},
        "jira": lambda: {"X-Hub-Signature": hub(body, secret)},
    }[provider]()
    return {event: kind, id: delivery, **signature}


# --- what is told, as short as the service reads it ----------------------------------------------


def pull_request(number=1, repository="acme/api", **more):
    return {
        "action": "synchronize",
        "pull_request": {"number": number},
        "repository": {"full_name": repository, "default_branch": "main"},
        **more,
    }


def merge_request(iid=1, project="acme/web/api"):
    return {
        "object_kind": "merge_request",
        "object_attributes": {"iid": iid, "action": "update"},
        "project": {"path_with_namespace": project, "default_branch": "main"},
    }


def issue(id="20001", key="ABC-1", event="jira:issue_updated"):
    return {"webhookEvent": event, "issue": {"id": id, "key": key}}


KINDS = {"github": "pull_request", "gitlab": "Merge Request Hook", "jira": ""}
BODIES = {"github": pull_request, "gitlab": merge_request, "jira": issue}

"""What the OpenAPI document says of every operation: how it refuses.

What needs a token may be asked too often, too (429).
"""

from typing import Any

from ninja.openapi.schema import OpenAPISchema

HEADERS = {
    "RateLimit-Policy": (
        'Each limit that was asked: `"minute";q=60;w=60` is 60 requests in 60 seconds.',
        '"minute";q=60;w=60',
    ),
    "RateLimit": (
        'What is left of each: `"minute";r=59;t=1` is 59, and one more in a second.',
        '"minute";r=59;t=1',
    ),
    "Retry-After": ("Seconds.", 1),
}

RATE_LIMITED, REFUSED = "RateLimited", "Refused"

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. Members of single problems stand beside these.",
    "required": ["type", "title", "status", "code", "detail", "errors", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "What to do, for people."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "request_id": {"type": ["string", "null"]},
    },
}


PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def with_refusals(document: OpenAPISchema) -> OpenAPISchema:
    """The same document, which also says how it refuses, and how often it may be asked."""
    components = document["components"]
    components.setdefault("responses", {})[RATE_LIMITED] = rate_limited()
    components["responses"][REFUSED] = refused()
    components["schemas"]["Problem"] = PROBLEM
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = {"$ref": f"#/components/responses/{REFUSED}"}
            if operation.get("security"):
                operation["responses"][429] = {"$ref": f"#/components/responses/{RATE_LIMITED}"}
    return document


def refused() -> dict[str, Any]:
    return {"description": "A refusal, by its `code` and `detail`.", "content": PROBLEM_CONTENT}


def rate_limited() -> dict[str, Any]:
    return {
        "description": (
            "The organisation has used up what its tier allows: `rate_limited`, with `limit`, "
            "`retry_after` and `allowed_by`. Every answer to a token has the `RateLimit` headers."
        ),
        "headers": {
            name: {
                "description": text,
                "schema": {"type": "integer" if isinstance(example, int) else "string"},
                "example": example,
            }
            for name, (text, example) in HEADERS.items()
        },
        "content": PROBLEM_CONTENT,
    }

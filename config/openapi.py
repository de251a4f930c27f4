"""What the OpenAPI document says of all that needs a token: it may be asked too often (429)."""

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

RATE_LIMITED = "RateLimited"

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


def with_limits(document: OpenAPISchema) -> OpenAPISchema:
    """The same document, which also says how often it may be asked."""
    components = document["components"]
    components.setdefault("responses", {})[RATE_LIMITED] = rate_limited()
    components["schemas"]["Problem"] = PROBLEM
    for methods in document["paths"].values():
        for operation in methods.values():
            if operation.get("security"):
                operation["responses"][429] = {"$ref": f"#/components/responses/{RATE_LIMITED}"}
    return document


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
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }

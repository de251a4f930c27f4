"""`/graphql`: GET and POST, bearer tokens only, problem documents for what is no query."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cross_web import HTTPException
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from graphql import GraphQLError
from strawberry.django.views import GraphQLView as StrawberryView
from strawberry.http.ides import get_graphql_ide_html
from strawberry.types import ExecutionResult

from apps.billing.metering import charge
from apps.billing.rates import HOUR
from apps.errors import AppError, BadRequest, TooLarge
from apps.metrics.data_version import noting_what_passes
from apps.orgs.services import Member
from apps.orgs.tenancy import require_member
from config import answers
from config.limits import MOST_BYTES
from config.middleware import by_status

OFFLINE_IDE = Path(__file__).with_name("offline_ide.html")


@dataclass(frozen=True, slots=True)
class Context:
    """What resolvers see of a request."""

    request: HttpRequest
    member: Member


class GraphQLView(StrawberryView):
    graphql_ide_html = get_graphql_ide_html(graphql_ide="graphiql").replace(
        "</body>", f"{OFFLINE_IDE.read_text()}</body>"
    )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_size(request)
        try:
            return self.run(request)
        except HTTPException as error:
            raise refusal(error) from error
        except (RecursionError, UnicodeDecodeError) as error:
            raise BadRequest("The body is no JSON that can be read.") from error

    def should_render_graphql_ide(self, request: Any) -> bool:
        """For a browser in development; anything else gets an answer that a program can read."""
        return (
            settings.DEVELOPMENT
            and request.method == "GET"
            and "query" not in request.query_params
            and "text/html" in request.headers.get("accept", "")
        )

    def decode_json(self, data: str | bytes) -> object:
        decoded = json.loads(data) or {}
        if not isinstance(decoded, dict | list):
            raise HTTPException(400, "A GraphQL request is a JSON object.")
        return decoded

    def get_context(self, request: HttpRequest, response: Any) -> Any:
        member = require_member(request)
        member.require_claim(request.GET.get("org_id"))
        return Context(request, member)

    def execute_single(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        response, member = kwargs["sub_response"], kwargs["context"].member
        key = answers.key_of(kwargs["request_data"], member)
        result = answers.find(key) if key else None
        if result is not None:
            result = paid(kwargs["context"].request, result)
            response["Cache-Status"] = "devhealth; hit"
        else:
            with noting_what_passes() as passing:
                result = super().execute_single(*args, **kwargs)
            if key and not passing:
                encoded = self.encode_json([result.data, result.extensions])
                answers.keep(key, result, str(encoded).encode())
        response.status_code, headers = outcome(result)
        for name, value in headers.items():
            response[name] = value
        return result

    def process_result(self, request: HttpRequest, result: ExecutionResult) -> Any:
        data = super().process_result(request, result)
        if result.errors:
            data["extensions"] = {
                **(data.get("extensions") or {}),
                "request_id": request.request_id,
            }
        return data


def paid(request: HttpRequest, result: ExecutionResult) -> ExecutionResult:
    """An answer that was kept costs what it cost; the refusal where so much is not left."""
    price = (result.extensions or {})["cost"]["price"]
    if refusal := charge(request, HOUR, price):
        error = GraphQLError(refusal.detail, original_error=refusal)
        return ExecutionResult(data=None, errors=[error])
    return result


def require_size(request: HttpRequest) -> None:
    """Before anything is parsed. Raises `TooLarge`."""
    if max(len(request.body), len(request.META.get("QUERY_STRING", ""))) > MOST_BYTES:
        raise TooLarge(f"A query and its variables are at most {MOST_BYTES} bytes.")


def refusal(error: HTTPException) -> AppError:
    """strawberry's refusals of what is no query, as ours."""
    known = by_status(error.status_code)
    known.detail = error.reason
    return known


def outcome(result: ExecutionResult) -> tuple[int, dict[str, str]]:
    """200 with any data; without data the status of what stood in the way."""
    if result.data is not None or not result.errors:
        return 200, {}
    cause = result.errors[0].original_error
    if isinstance(cause, AppError):
        return cause.status, cause.headers
    return (200 if result.errors[0].path else 400), {}

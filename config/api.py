"""The REST API: the apps' routers joined, one way to fail, no parameter that means nothing."""

from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from apps.alerts.api import router as alerts
from apps.billing.api import router as billing
from apps.errors import AppError, BadRequest, NotFound, Unprocessable, problem
from apps.integrations.api import router as integrations
from apps.metrics.api import router as metrics
from apps.metrics.api_data_health import router as data_health
from apps.metrics.api_deliveries import router as deliveries
from apps.metrics.api_delivery_performance import router as delivery_performance
from apps.metrics.api_identities import router as identities
from apps.metrics.api_ownership import router as ownership
from apps.metrics.api_pull_requests import router as pull_requests
from apps.metrics.api_questions import router as questions
from apps.metrics.api_repositories import router as repositories
from apps.metrics.api_settings import router as settings
from apps.metrics.api_teams import router as teams
from apps.metrics.api_work_flow import router as work_flow
from apps.metrics.api_work_items import router as work_items
from apps.notify.api import router as webhook_endpoints
from apps.notify.api_deliveries import router as webhook_deliveries
from apps.orgs.api import ApiTokenAuth
from apps.orgs.api import router as account
from apps.orgs.api_audit import router as audit
from apps.orgs.api_invitations import router as invitations
from apps.orgs.api_members import router as members
from apps.orgs.api_organization import router as organization
from apps.orgs.api_sessions import router as sessions
from apps.orgs.api_tokens import router as tokens
from apps.pipeline.api import router as pipeline
from apps.pipeline.api.webhooks import router as webhooks
from apps.rest import tagged
from apps.web.web_client.api_admin_credentials import router as client_credentials
from apps.web.web_client.api_admin_people import router as client_admin_people
from apps.web.web_client.api_admin_setup import router as client_setup
from apps.web.web_client.api_admin_syncs import router as client_syncs
from apps.web.web_client.api_breakdowns import router as client_breakdowns
from apps.web.web_client.api_charts import router as client_charts
from apps.web.web_client.api_drilldown import router as client_drilldown
from apps.web.web_client.api_flame import router as client_flame
from apps.web.web_client.api_home import router as client_home
from apps.web.web_client.api_overview import router as client_overview
from apps.web.web_client.api_people import router as client_people
from config.middleware import answer, by_status
from config.openapi import with_refusals


class Api(NinjaAPI):
    def get_openapi_schema(self, **_: Any) -> OpenAPISchema:
        return self._document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """A generated client's method has the handler's name."""
        return operation.view_func.__name__

    @cached_property
    def _document(self) -> OpenAPISchema:
        """Built once: it takes 20 ms and anybody may ask for it."""
        return with_refusals(super().get_openapi_schema(path_prefix="/api/v1/"))


api = Api(
    title="devhealth",
    version="1.0.0",
    description="Engineering activity as numbers that can be opened and trusted.",
    auth=ApiTokenAuth(),
    urls_namespace="api",
)


def known_parameters(run: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse query parameters that the operation does not declare: a typo must not be ignored."""
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in model.__ninja_flatten_map__
    }

    @wraps(run)
    def checked(request: HttpRequest, **parameters: Any) -> HttpResponse:
        unknown = sorted(set(request.GET) - known)
        if unknown:
            return problem(request, unknown_parameters(unknown))
        return run(request, **parameters)

    return checked


def unknown_parameters(names: list[str]) -> AppError:
    return BadRequest(
        f"No such parameter: {', '.join(names)}.",
        code="unknown_parameter",
        errors=[{"pointer": f"/query/{name}", "detail": "Not known here."} for name in names],
    )


def invalid(error: ValidationError) -> AppError:
    """A wrong path names nothing, a wrong parameter is 400, a wrong body 422."""
    sources = {each["loc"][0] for each in error.errors}
    if "path" in sources:
        return NotFound()
    errors = [{"pointer": pointer(each["loc"]), "detail": each["msg"]} for each in error.errors]
    if sources <= {"body", "form", "file"}:
        return Unprocessable("The body is not valid.", code="invalid_body", errors=errors)
    return BadRequest("A parameter is not valid.", code="invalid_parameter", errors=errors)


def pointer(place: Sequence[str | int]) -> str:
    """Parameters and bodies are flat, but ninja names the object too that collects them."""
    source, *parts = place
    if source == "body":
        parts = parts[1:]
    if source == "query":
        last_name = max(index for index, part in enumerate(parts) if isinstance(part, str))
        parts = parts[last_name:]
    return "/" + "/".join(map(str, (source, *parts)))


api.add_decorator(known_parameters, mode="view")
api.add_decorator(tagged, mode="view")


@api.exception_handler(Exception)
def fail(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer(request, error)


@api.exception_handler(ValidationError)
def fail_validation(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(request, invalid(error))


@api.exception_handler(HttpError)
def fail_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(request, by_status(error.status_code))


api.add_router("", account)
api.add_router("", audit)
api.add_router("", organization)
api.add_router("", members)
api.add_router("", invitations)
api.add_router("", tokens)
api.add_router("", sessions)
api.add_router("", billing)
api.add_router("", integrations)
api.add_router("", data_health)
api.add_router("", deliveries)
api.add_router("", delivery_performance)
api.add_router("", identities)
api.add_router("", ownership)
api.add_router("", pull_requests)
api.add_router("", questions)
api.add_router("", repositories)
api.add_router("", work_flow)
api.add_router("", work_items)
api.add_router("", metrics)
api.add_router("", settings)
api.add_router("", teams)
api.add_router("", pipeline)
api.add_router("", webhooks)
api.add_router("", webhook_endpoints)
api.add_router("", webhook_deliveries)
api.add_router("", alerts)
api.add_router("", client_overview)
api.add_router("", client_home)
api.add_router("", client_breakdowns)
api.add_router("", client_drilldown)
api.add_router("", client_charts)
api.add_router("", client_flame)
api.add_router("", client_people)
api.add_router("", client_setup)
api.add_router("", client_credentials)
api.add_router("", client_syncs)
api.add_router("", client_admin_people)

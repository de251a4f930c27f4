"""The GraphQL schema: the apps' queries joined, under one set of limits."""

import logging
from typing import Any

import strawberry
from django.conf import settings
from graphql import GraphQLError
from strawberry.extensions import DisableIntrospection, MaskErrors, MaxTokensLimiter, ParserCache
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext

from apps.billing.schema import BillingQuery
from apps.errors import AppError, from_exception
from apps.metrics.graphql.query import AnalyticsQuery, DeliveryQuery, EntitiesQuery, WorkQuery
from apps.metrics.nodes import SCALARS
from apps.metrics.schema import MetricsQuery
from apps.pipeline.schema import PipelineQuery
from apps.pipeline.schema_sources import SourcesQuery
from config.cost import Priced
from config.limits import KEPT, MOST_TOKENS, Limits
from config.nodes import NodeQuery

log = logging.getLogger("devhealth.graphql")

QUERIES = (
    BillingQuery,
    MetricsQuery,
    AnalyticsQuery,
    EntitiesQuery,
    DeliveryQuery,
    WorkQuery,
    PipelineQuery,
    SourcesQuery,
    NodeQuery,
)

Query = merge_types("Query", QUERIES)


class Schema(strawberry.Schema):
    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log what nobody foresaw; the rest is an answer."""
        for error in filter(is_unforeseen, errors):
            log.error("A resolver failed at %s", error.path, exc_info=error.original_error)


class Errors(MaskErrors):
    """Our own sentences and the validation's pass; anything else is told by its request id."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=is_unforeseen)

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        return told(error, AppError())

    def _process_errors(self, errors: list[GraphQLError]) -> list[GraphQLError]:
        return super()._process_errors([foreseen(error) for error in errors])


def is_unforeseen(error: GraphQLError) -> bool:
    """A cause that is no answer of ours, unless it is a value that a scalar refused."""
    refused_value = error.path is None and bool(error.nodes)
    cause = error.original_error
    return cause is not None and from_exception(cause) is None and not refused_value


def foreseen(error: GraphQLError) -> GraphQLError:
    known = from_exception(error.original_error)
    return told(error, known) if known else error


def told(error: GraphQLError, known: AppError) -> GraphQLError:
    return GraphQLError(
        known.detail,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=known,
    )


def build_schema(development: bool) -> Schema:
    """Introspection and suggestions are for development only."""
    extensions: list[Any] = [
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        lambda: ParserCache(maxsize=KEPT),
        Limits,
        Priced,
        Errors,
    ]
    if not development:
        extensions.append(DisableIntrospection)
    return Schema(
        query=Query,
        extensions=extensions,
        config=StrawberryConfig(disable_field_suggestions=not development, scalar_map=SCALARS),
    )


schema = build_schema(settings.DEVELOPMENT)

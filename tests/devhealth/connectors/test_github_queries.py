"""What pages cost, counted as docs.github.com/graphql says: "Rate limits and node limits"."""

import pytest
from graphql import parse, validate
from graphql.language import FieldNode, InlineFragmentNode, IntValueNode

from devhealth.connectors import github_queries as queries
from tests.provider.github import SCHEMA

LISTINGS = {name: each for name, each in vars(queries).items() if isinstance(each, queries.Listing)}


def counted(selections, parents, first):
    """(nodes, requests for connections) below so many parents."""
    nodes = requests = 0
    for each in selections or ():
        inner, below = each.selection_set, parents
        if isinstance(each, FieldNode):
            for argument in each.arguments or ():
                if argument.name.value == "first":
                    is_told = isinstance(argument.value, IntValueNode)
                    below = parents * (int(argument.value.value) if is_told else first)
                    nodes, requests = nodes + below, requests + parents
        assert isinstance(each, FieldNode | InlineFragmentNode)
        more = counted(inner.selections if inner else (), below, first)
        nodes, requests = nodes + more[0], requests + more[1]
    return nodes, requests


def cost(query, first=queries.MOST):
    [operation] = parse(query).definitions
    return counted(operation.selection_set.selections, 1, first)


@pytest.mark.parametrize("name", LISTINGS)
def test_a_page_is_far_below_githubs_most_nodes_and_costs_what_is_said(name):
    listing = LISTINGS[name]
    nodes, requests = cost(listing.full, listing.size)
    assert nodes < 500_000 / 10
    assert listing.points(listing.size) == max(1, round(requests / 100))


@pytest.mark.parametrize("name", LISTINGS)
def test_names_cost_a_point_and_no_lists(name):
    assert cost(LISTINGS[name].names) == (100, 1)


def test_reading_on_is_far_below_too():
    wanted = [("PullRequest", "reviews")] * 10
    nodes, requests = cost(queries.following(wanted))
    assert (nodes, requests) == (10 * (100 + 100 * 10), 10 * (1 + 100))


@pytest.mark.parametrize("of", queries.CONNECTIONS)
def test_every_list_can_be_read_on(of):
    for connection in queries.CONNECTIONS[of]:
        query = queries.following([(of, connection.field)] * 2)
        assert validate(SCHEMA, parse(query)) == []


@pytest.mark.parametrize("name", LISTINGS)
def test_every_question_is_in_githubs_language(name):
    listing = LISTINGS[name]
    for query in (listing.full, listing.names, listing.alone):
        assert validate(SCHEMA, parse(query)) == []

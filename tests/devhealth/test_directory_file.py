"""What the CLI's file says of deployments."""

import pytest

from devhealth.errors import Permanent
from devhealth.models.directory_file import parse_directory


def test_what_counts_as_a_deployment_is_chosen_by_repository():
    found = parse_directory("""
    [[deployments]]
    repositories = ["Acme/CLI", "acme/lib-*"]
    kind = "release"
    """)
    assert found.deployment_kinds == (("acme/cli", "release"), ("acme/lib-*", "release"))


def test_without_a_choice_nothing_is_chosen():
    assert parse_directory("").deployment_kinds == ()


def test_an_unknown_kind_is_refused():
    with pytest.raises(Permanent, match=r"deployments\.0\.kind.*none of deployment, release"):
        parse_directory('deployments = [{repositories = ["acme/api"], kind = "tag"}]')


def test_two_kinds_of_one_repository_are_refused():
    with pytest.raises(Permanent, match="both release and merge as the deployments of `acme/api`"):
        parse_directory("""
        deployments = [
            {repositories = ["acme/api"], kind = "release"},
            {repositories = ["ACME/api"], kind = "merge"},
        ]
        """)


def test_statuses_and_kinds_of_work_are_in_lower_case_and_in_order():
    found = parse_directory("""
    [statuses]
    "Ready for QA" = "in_review"

    [[categories]]
    theme = "quality"
    subcategory = "bugfix"
    types = ["Bug"]

    [[categories]]
    theme = "risk"
    subcategory = "security"
    labels = ["security*"]
    """)
    assert found.statuses == {"ready for qa": "in_review"}
    assert [(rule.theme, rule.types, rule.labels) for rule in found.categories] == [
        ("quality", ("bug",), ()),
        ("risk", (), ("security*",)),
    ]


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ('statuses = {"QA" = "tested"}', r"statuses.*`tested` of `QA` is none of todo"),
        (
            'categories = [{theme = "quality", subcategory = "security", types = ["x"]}]',
            r"categories\.0.*`quality\.security` is none of",
        ),
        (
            'categories = [{theme = "quality", subcategory = "testing"}]',
            r"categories\.0.*would match everything",
        ),
    ],
)
def test_a_status_or_a_rule_that_means_nothing_is_refused(toml, said):
    with pytest.raises(Permanent, match=said):
        parse_directory(toml)

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

"""The shape of the house, kept by the machine."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps as installed
from django.conf import settings
from django.core.management import call_command
from django.db.models import ForeignKey

ROOT = Path(__file__).parent.parent
SOURCES = [
    path
    for folder in ("apps", "config", "devhealth", "tests")
    for path in (ROOT / folder).rglob("*.py")
]
TENANTS = {"tenant", "organization"}


def test_imports_go_one_way():
    """In a process of its own: import-linter switches off the loggers of whoever calls it."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_enters_a_tenant_by_its_own_context(path):
    """`with tenant:` shares one stack among all threads; `tenant_context` does not."""
    assert entered(path.read_text()) & TENANTS == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_decorates_with_a_tenant(path):
    """As a decorator one `schema_context` object, with its memory, serves every thread."""
    assert decorators(path.read_text()) & {"tenant_context", "schema_context"} == set()


@pytest.mark.parametrize(
    "code", ["with tenant: pass", "with a.organization as o, b: pass", "with f(tenant): pass"]
)
def test_the_rule_sees_what_it_forbids(code):
    assert bool(entered(code) & TENANTS) == ("f(" not in code)


def test_every_app_is_shared_or_of_tenants_and_never_both():
    assert set(settings.SHARED_APPS).isdisjoint(settings.TENANT_APPS)
    assert set(settings.INSTALLED_APPS) == {*settings.SHARED_APPS, *settings.TENANT_APPS}
    assert len(settings.INSTALLED_APPS) == len(set(settings.INSTALLED_APPS))


def test_every_app_of_ours_is_installed():
    folders = {path.parent.name for path in (ROOT / "apps").glob("*/models.py")}
    assert {f"apps.{name}" for name in folders} <= set(settings.INSTALLED_APPS)


def test_no_foreign_key_crosses_schemas():
    shared = {
        app.label
        for app in installed.get_app_configs()
        if {app.name, f"{type(app).__module__}.{type(app).__name__}"} & {*settings.SHARED_APPS}
    }
    crossing = [
        field
        for model in installed.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey)
        and (model._meta.app_label in shared) != (field.related_model._meta.app_label in shared)
    ]
    assert crossing == []


def test_no_migration_is_missing(tenants, db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def entered(code):
    """The names that `with` statements enter as they are."""
    items = [
        item.context_expr
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items
    ]
    return {getattr(each, "id", getattr(each, "attr", None)) for each in items}


def decorators(code):
    """The names of the calls that stand over functions."""
    calls = [
        each.func
        for node in ast.walk(ast.parse(code))
        for each in getattr(node, "decorator_list", ())
        if isinstance(each, ast.Call)
    ]
    return {getattr(each, "id", getattr(each, "attr", None)) for each in calls}

import pytest

from config import schema_file
from config.schema_file import COMMAND, GRAPHQL, REST, document, sdl


def test_the_committed_schema_is_the_schema():
    assert GRAPHQL.read_text() == sdl(), f"If the change is meant: {COMMAND}"


def test_the_committed_document_is_the_document():
    assert REST.read_text() == document(), f"If the change is meant: {COMMAND}"


def test_the_contract_as_it_is_breaks_nothing():
    assert schema_file.broken() == []


def test_what_would_break_is_not_written(tmp_path, monkeypatch):
    theirs = REST.read_text().replace('"/api/v1/me"', '"/api/v1/whoami"')
    monkeypatch.setattr(schema_file, "REST", tmp_path / "openapi.json")
    schema_file.REST.write_text(theirs)
    with pytest.raises(SystemExit, match="GET /api/v1/whoami: it is gone"):
        schema_file.write()
    assert schema_file.REST.read_text() == theirs


def test_with_another_version_it_is_written(tmp_path, monkeypatch):
    theirs = REST.read_text().replace('"/api/v1/me"', '"/api/v1/whoami"')
    monkeypatch.setattr(schema_file, "REST", tmp_path / "openapi.json")
    monkeypatch.setattr(schema_file, "GRAPHQL", tmp_path / "schema.graphql")
    schema_file.REST.write_text(theirs.replace('"version": "1.', '"version": "0.'))
    schema_file.write()
    assert schema_file.REST.read_text() == REST.read_text()

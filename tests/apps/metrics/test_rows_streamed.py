"""All rows of some days at once, as spreadsheets and programs take them."""

import csv
import io
import json

import pytest

from apps.metrics import telling
from apps.streams import CSV, NDJSON, csv_lines

ROWS = "/api/v1/metrics/repo_metrics_daily?since=2026-01-01&until=2026-02-01"
OF_PEOPLE = "/api/v1/metrics/user_metrics_daily?since=2026-01-01&until=2026-02-01"


def text_of(answer):
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content).decode()


def asked(tenant, kind, path=ROWS):
    return tenant.client().get(path, headers={"Accept": kind})


def lines(tenant, path=ROWS):
    return [json.loads(line) for line in text_of(asked(tenant, NDJSON, path)).splitlines()]


def pages(tenant, path=ROWS):
    return tenant.client().get(f"{path}&limit=200").json()["items"]


def test_globex_is_told_none_of_acmes(computed, globex):
    assert lines(globex) == []
    assert text_of(asked(globex, CSV)).count("\n") == 1  # the names of the columns


def test_who_may_not_read_metrics_is_refused(computed):
    computed.token.scopes = ["pipeline:read"]
    computed.token.save()
    assert asked(computed, CSV).status_code == 403


@pytest.mark.parametrize("at_once", [1, 2, 2_000])
def test_ndjson_has_the_rows_of_all_pages(computed, monkeypatch, at_once):
    monkeypatch.setattr(telling, "AT_ONCE", at_once)
    found = pages(computed)
    assert len(found) > 2
    assert lines(computed) == found


def test_csv_has_the_same_in_the_columns_of_the_table(computed):
    found = pages(computed)
    told = list(csv.DictReader(io.StringIO(text_of(asked(computed, CSV)))))
    assert [*told[0]] == [*found[0]]
    for row, same in zip(told, found, strict=True):
        assert row == {name: as_text(value) for name, value in same.items()}


def as_text(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_filters_count(computed):
    (row, *_) = pages(computed)
    found = lines(computed, f"{ROWS}&repo_id={row['repo_id']}")
    assert {each["repo_id"] for each in found} == {row["repo_id"]}
    assert len(found) < len(lines(computed))


def test_people_are_told_apart_by_the_same_rule(computed):
    assert lines(computed, OF_PEOPLE) == pages(computed, OF_PEOPLE)


def test_there_are_no_pages_of_a_stream(computed):
    answer = asked(computed, CSV, f"{ROWS}&limit=5")
    assert (answer.status_code, answer.json()["code"]) == (400, "no_pages")


def test_what_is_refused_is_refused_as_ever(computed):
    answer = asked(computed, CSV, "/api/v1/metrics/repo_metrics_daily?since=2020-01-01")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/html, */*", "application/json"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("text/csv, application/json;q=0.5", CSV),
        ("image/png", "application/json"),
    ],
)
def test_the_client_says_what_it_likes_best(computed, accept, kind):
    assert asked(computed, accept)["Content-Type"].partition(";")[0] == kind


def test_a_file_is_named_after_its_table(computed):
    assert 'filename="repo_metrics_daily.csv"' in asked(computed, CSV)["Content-Disposition"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\tx"])
def test_no_cell_is_run_and_numbers_stay_numbers(text):
    _, told = csv_lines(["a", "b"], [[text, -1.5]])
    assert list(csv.reader([told])) == [[f"'{text}", "-1.5"]]

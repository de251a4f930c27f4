"""The client's cockpit: figures, what stands out, what is behind a figure."""

from collections.abc import Iterable
from itertools import islice

from django.http import HttpRequest
from ninja import Field, Query, Router

from apps.metrics import deliveries, home
from apps.metrics.home import Kind, Signal
from apps.metrics.records import Window
from apps.orgs.members import Member
from apps.web.web_client import links
from apps.web.web_client.api_overview import freshness_out
from apps.web.web_client.bodies import TAG, Address, Answer, ClientFilterBody, asker
from apps.web.web_client.figures import HOME, Figure, Group, figures, groups, key_of, metric_of
from apps.web.web_client.filters import Chosen, chosen
from devhealth.analytics.questions import Dimension

router = Router(tags=[TAG])

MOST_EVENTS = 10
MOST_DRIVERS = 5
TILES = {
    "understand": ("Understand", "Where work is, and what it waits for", "/work"),
    "measure": ("Measure", "Delivery, flow and quality", "/metrics"),
    "align": ("Align", "What work was for", "/investment"),
    "execute": ("Execute", "What stands out, to act on", "/opportunities"),
}
BAD = (Kind.SOURCE_UNREACHABLE, Kind.SOURCE_STALE, Kind.WORSENED)


class ExplainAddress(Address):
    metric: str = Field("", max_length=100)


class ClientExplainBody(ClientFilterBody):
    metric: str = Field("", max_length=100, description="'': the address's.")


@router.post("/home", response=Answer, summary="The client's cockpit")
def read_client_home(request: HttpRequest, body: ClientFilterBody, asked: Query[Address]) -> Answer:
    """Eight figures, what stands out, what happened last, how far it can be trusted."""
    by = asker(request, asked)
    question = chosen(body.filters, asked.f, by=by)
    found = home.home(home.Asked(days=question.days, chosen=question.selection), by=by)
    signals = found.signals()
    return {
        "freshness": freshness_out(found),
        "deltas": [delta_out(each) for each in figures(HOME, question, known=found.deltas, by=by)],
        "summary": [
            {"id": identity(each), "text": each.text, "evidence_link": link_of(each)}
            for each in signals
        ],
        "tiles": {
            name: {"title": title, "subtitle": subtitle, "link": link}
            for name, (title, subtitle, link) in TILES.items()
        },
        "constraint": constraint_out([each for each in signals if each.kind in BAD]),
        "events": events(question, by),
    }


@router.post("/explain", response=Answer, summary="What is behind a figure of the client's")
def read_client_explanation(
    request: HttpRequest, body: ClientExplainBody, asked: Query[ExplainAddress]
) -> Answer:
    """The repositories (of work items: their projects) and the teams that it is made of."""
    by = asker(request, asked)
    metric = metric_of(body.metric or asked.metric)
    question = chosen(body.filters, asked.f, by=by)
    (figure,) = figures([metric], question, by=by)
    drivers = groups(metric, Dimension.REPO, question, top=MOST_DRIVERS, by=by) or groups(
        metric, Dimension.WORK_SCOPE, question, top=MOST_DRIVERS, by=by
    )
    teams = groups(metric, Dimension.TEAM, question, top=MOST_DRIVERS, by=by)
    return {
        "metric": metric.key,
        "label": metric.label,
        "unit": metric.unit,
        "value": figure.value,
        "delta_pct": figure.delta_pct,
        "drivers": [group_out(each, metric.key) for each in drivers],
        "contributors": [group_out(each, metric.key) for each in teams],
        "drilldown_links": {kind: links.records(kind) for kind in ("prs", "issues")},
    }


@router.post("/opportunities", response=Answer, summary="What the client proposes to look at")
def read_client_opportunities(
    request: HttpRequest, body: ClientFilterBody, asked: Query[Address]
) -> Answer:
    """What got worse, and sources that cannot be seen; experiments are none of ours."""
    by = asker(request, asked)
    question = chosen(body.filters, asked.f, by=by)
    found = home.home(home.Asked(days=question.days, chosen=question.selection), by=by)
    return {
        "items": [
            {
                "id": identity(each),
                "title": title_of(each),
                "rationale": each.text,
                "evidence_links": [link_of(each)],
                "suggested_experiments": [],
            }
            for each in found.signals()
            if each.kind in BAD
        ]
    }


# --- in the client's words -----------------------------------------------------------------------


def delta_out(figure: Figure) -> Answer:
    return {
        "metric": figure.metric.key,
        "label": figure.metric.label,
        "value": figure.value,
        "unit": figure.metric.unit,
        "delta_pct": figure.delta_pct,
        "spark": [{"ts": str(day), "value": value} for day, value in figure.spark],
    }


def group_out(group: Group, metric: str) -> Answer:
    return {
        "id": group.key[-1],
        "label": group.name,
        "value": group.value,
        "delta_pct": group.delta_pct,
        "evidence_link": links.explore(metric),
    }


def identity(signal: Signal) -> str:
    of = key_of(signal.delta.entry.name) if signal.delta else signal.site and signal.site.source_id
    return f"{signal.kind}:{of}"


def title_of(signal: Signal) -> str:
    if signal.delta:
        return signal.delta.label
    return signal.site.source_id if signal.site else ""


def link_of(signal: Signal) -> str:
    return links.explore(key_of(signal.delta.entry.name)) if signal.delta else "/metrics"


def constraint_out(signals: Iterable[Signal]) -> Answer:
    worst = next(iter(signals), None)
    if worst is None:
        return {"title": "Nothing stands out", "claim": "", "evidence": [], "experiments": []}
    return {
        "title": title_of(worst),
        "claim": worst.text,
        "evidence": [{"label": title_of(worst), "link": link_of(worst)}],
        "experiments": [],
    }


def events(question: Chosen, by: Member) -> list[Answer]:
    """Incidents that began and deployments that ended within the days, the newest first."""
    repos, teams = question.uuids(Dimension.REPO), question.ids(Dimension.TEAM)
    since, until = question.days.window()
    began = deliveries.incidents_asked(
        repositories=repos,
        teams=teams,
        window=Window(at="started_at", since=since, until=until),
    )
    ended = deliveries.deployments_asked(
        repositories=repos,
        teams=teams,
        counted=True,
        window=Window(at="finished_at", since=since, until=until),
    )
    found = [
        *(
            {"ts": row["started_at"], "type": "incident", "text": row["title"]}
            | {"link": row["url"] or "/quality"}
            for row in deliveries.deliveries_page(began, by=by, limit=MOST_EVENTS).rows
        ),
        *(
            {"ts": row["finished_at"], "type": "deployment"}
            | {"text": f"{row['environment']}: {row['status']}", "link": links.deployment(row)}
            for row in deliveries.deliveries_page(ended, by=by, limit=MOST_EVENTS).rows
        ),
    ]
    return list(islice(sorted(found, key=lambda each: each["ts"], reverse=True), MOST_EVENTS))

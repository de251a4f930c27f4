"""Numbers as people read them, and a line through them."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from devhealth.analytics.parts import Point

register = template.Library()

WIDTH, HEIGHT, MARGIN = 120.0, 32.0, 2.0
UNMEASURED = "–"


@register.filter
def amount(value: float | None, unit: str) -> str:
    """A ratio in percent, hours with one decimal, or days where there are many; else a count."""
    if value is None:
        return UNMEASURED
    if unit == "ratio":
        return f"{100 * value:.0f} %"
    if unit == "hours":
        return f"{value / 24:.1f} days" if value >= 72 else f"{value:.1f} h"
    return f"{value:,.0f}".replace(",", "\u202f")


@register.filter
def signed(percent: float) -> str:
    return f"{percent:+.0f}".replace("-", "\u2212")


@register.simple_tag
def spark(points: Sequence[Point], label: str) -> SafeString | str:
    """A line for each stretch of points that are measured; none if there are fewer than two."""
    values = [each.value for each in points if each.value is not None]
    if len(values) < 2:
        return ""
    places = _places(points, min(values), max(values))
    lines = format_html_join(
        "",
        '<polyline points="{}"></polyline>',
        ((" ".join(f"{x:.1f},{y:.1f}" for x, y in each),) for each in places),
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"'
        ' aria-label="{}">{}</svg>',
        int(WIDTH), int(HEIGHT), label, lines,
    )  # fmt: skip


def _places(points: Sequence[Point], low: float, high: float) -> list[list[tuple[float, float]]]:
    """Stretches; one of a single point is a short dash."""
    step = (WIDTH - 2 * MARGIN) / max(len(points) - 1, 1)
    stretches: list[list[tuple[float, float]]] = [[]]
    for place, point in enumerate(points):
        if point.value is None:
            stretches.append([])
            continue
        share = (point.value - low) / (high - low) if high > low else 0.5
        y = HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)
        stretches[-1].append((MARGIN + place * step, y))
    return [
        each if len(each) > 1 else [each[0], (each[0][0] + 1, each[0][1])]
        for each in stretches
        if each
    ]

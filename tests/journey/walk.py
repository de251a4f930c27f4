"""Somebody at a browser: each step is judged for who cannot see or point, and has its picture."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.journey.lab import TOOLS

PICTURES = os.environ.get("DEVHEALTH_PICTURES")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
SERIOUS = ("serious", "critical")


@dataclass
class Walk:
    page: Page
    account: str
    said: list[str] = field(default_factory=list)
    """In the browser's console."""
    steps: int = 0

    def home(self, slug: str) -> str:
        return self.account.replace("localhost", f"{slug}.localhost")

    def step(self, name: str) -> None:
        """The page as it is now."""
        self.steps += 1
        if PICTURES:
            picture = Path(PICTURES) / f"{self.steps:02}-{name}.png"
            self.page.screenshot(path=picture, animations="disabled")
        if found := self.problems():
            raise AssertionError(f"{name}: {found}")

    def problems(self) -> list[Any]:
        """What axe-core finds that keeps people out: rule, and where."""
        self.page.evaluate(axe())
        found = self.page.evaluate(
            "rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES
        )
        return [
            (each["id"], [node["target"] for node in each["nodes"]])
            for each in found["violations"]
            if each["impact"] in SERIOUS
        ]

    def submit(self, text: str) -> None:
        """Press a button of the page's own part, and wait for where it leads."""
        with self.page.expect_navigation():
            self.page.click(f"main button:has-text('{text}')")


def axe() -> str:
    (script,) = TOOLS.glob("lib/*/site-packages/axe_playwright_python/axe.min.js")
    return script.read_text()

"""GitHub's workflow runs, which only REST lists. Source: docs.github.com/rest/actions.

A list by the day of its creation shows at most 1,000 runs: windows that have more are split. Lists
are kept in mind by entity tags, so the window of an incremental run begins where a day does.
Jobs would cost a request for each run; their instants come 50 runs at once as the check runs of
GraphQL, which need the right to read checks. Without it runs say what they can by themselves.

A run that is begun again keeps its place in the list. So an incremental run looks at all runs that
were created since the day before `since`; of older ones it finds a rerun only if it is told to ask
for them again. GitHub lets runs be begun again for 30 days: whoever asks from that far back, once a
day say, finds them all.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from devhealth.connectors.github_graph import TOO_MUCH, Graph, Raw
from devhealth.connectors.github_queries import CHECK_SUITES
from devhealth.connectors.github_windows import MOST, Window, day_before, halves, span, text
from devhealth.errors import Transient
from devhealth.http import Client, Forbidden, LinkPaging, Missing, Page

RERUNNABLE = timedelta(days=30)

_PAGE = 100
_PAGING = LinkPaging(at_items=("workflow_runs",))
_BEGAN = datetime(2018, 10, 1, tzinfo=UTC)  # Actions did


@dataclass(slots=True)
class Runs:
    client: Client
    graph: Graph
    path: str
    """`/repos/owner/name/actions/runs`"""
    vanished: list[str]
    """Filled with runs that were asked for again and are no more."""
    is_conditional: bool = False
    _sees_checks: bool = True

    async def changed(
        self, since: datetime | None, before: datetime | None, unfinished: Iterable[str]
    ) -> AsyncGenerator[Page, None]:
        """Runs of the window, with `earlier_attempts` and `jobs`; then those that were not over.

        Without `before`: all that changed since. With it: all that were created in it.
        """
        is_running_on = before is None and since is not None
        window = (day_before(since) if since and is_running_on else since, before)
        changed_since = text(since) if since and is_running_on else ""
        seen: set[str] = set()
        is_conditional = self.is_conditional and is_running_on
        async for page in self._listed(window, is_conditional=is_conditional):
            fresh = [each for each in page.items if str(each.get("id")) not in seen]
            seen.update(str(each.get("id")) for each in fresh)
            runs = [each for each in fresh if each.get("updated_at", "~") >= changed_since]
            yield replace(page, items=await self._whole(runs))
        async for page in self.again([each for each in unfinished if each not in seen]):
            yield page

    async def all(self) -> AsyncGenerator[Page, None]:
        """Every run that there is, as it is listed. A list of pages loses what comes after a thing
        that is deleted meanwhile: then it raises Transient."""
        seen: set[Any] = set()
        total = 0
        async for page in self.client.pages(self.path, {"per_page": _PAGE}, _PAGING):
            seen.update(each.get("id") for each in page.items)
            total = page.answer.data.get("total_count", 0)
            yield page
        if len(seen) < total:
            raise Transient("GitHub's runs changed while they were listed: sweep again.")

    async def _listed(self, window: Window, *, is_conditional: bool) -> AsyncIterator[Page]:
        """Raises Permanent where more than 1,000 runs are of one second."""
        params = {"per_page": _PAGE, "created": span(window)}
        async for page in self.client.pages(
            self.path, params, _PAGING, is_conditional=is_conditional
        ):
            if page.is_unchanged and page.number * _PAGE >= MOST:
                break  # nobody told how many there are
            if not page.is_unchanged and _is_cut(window, page):
                break
            yield page
        else:
            return
        parts = (window,) if page.is_unchanged else halves(window, _BEGAN, "workflow runs")
        for part in parts:
            async for page in self._listed(part, is_conditional=False):
                yield page

    async def again(self, ids: Sequence[str]) -> AsyncGenerator[Page, None]:
        """Runs by their ids; a page of one each."""
        for number, run_id in enumerate(ids, 1):
            try:
                path = f"{self.path}/{run_id}"
                answer = await self.client.get(path, is_conditional=self.is_conditional)
            except Missing:
                self.vanished.append(run_id)
                continue
            if not answer.is_unchanged:
                items = await self._whole([answer.data])
                yield Page(number=number, items=items, answer=answer, is_last=number == len(ids))

    async def _whole(self, runs: list[Raw]) -> list[Raw]:
        for run in runs:
            run["earlier_attempts"] = await self._earlier(run)
        await self._with_jobs(runs)
        return runs

    async def _earlier(self, run: Raw) -> list[Raw]:
        """Attempts before the last, oldest first; those that GitHub has no more are left out."""
        attempts = []
        for attempt in range(1, run.get("run_attempt") or 1):
            path = f"{self.path}/{run['id']}/attempts/{attempt}"
            try:
                attempts.append((await self.client.get(path)).data)
            except Missing:
                continue
        return attempts

    async def _with_jobs(self, runs: list[Raw]) -> None:
        suites = {
            each["check_suite_node_id"]: run
            for run in runs
            for each in (*run["earlier_attempts"], run)
            if each.get("check_suite_node_id")
            and each.get("status") in ("completed", "in_progress")
        }
        for suite in await self._suites(list(suites)):
            if "checkRuns" in suite and "problems" not in suite:
                jobs = suites[suite["id"]].setdefault("jobs", [])
                jobs += [each for each in suite["checkRuns"]["nodes"] if each]

    async def _suites(self, ids: list[str]) -> list[Raw]:
        """As many as may be read in time: runs without them tell enough by themselves."""
        if not ids or not self._sees_checks:
            return []
        found: list[Raw] = []
        try:
            async with aclosing(self.graph.by_ids(CHECK_SUITES, ids)) as parts:
                async for page, _ in parts:
                    found += page.items
        except (Forbidden, Missing):
            self._sees_checks = False
        except TOO_MUCH:
            return found
        return found


def _is_cut(window: Window, page: Page) -> bool:
    """A list without a window is shown to its end."""
    return window != (None, None) and page.answer.data.get("total_count", 0) > MOST

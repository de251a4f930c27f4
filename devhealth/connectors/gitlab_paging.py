"""GitLab's REST lists by what changed last, oldest first, without counting pages.

A counted page loses what a change moved to the end while the list was read. Here each page begins
where the last one ended: at the instant of its last thing, which so comes again. Only where one
instant fills more than a page are its pages counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from devhealth.http import Answer, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class ByUpdate:
    size: int = 100

    def first(self, request: Request) -> Request:
        return request.with_params(
            **{"order_by": "updated_at", "sort": "asc", "per_page": self.size, **request.params}
        )

    def items(self, answer: Answer) -> Any:
        return answer.data

    def after(self, request: Request, answer: Answer, count: int) -> Request | None:
        if not count or answer.headers.get("x-next-page") == "":
            return None
        last = _updated_at(answer.data)
        if last is None or last == request.params.get("updated_after"):
            return request.with_params(page=int(str(request.params.get("page") or 1)) + 1)
        return request.with_params(updated_after=last, page=None)


def _updated_at(items: Sequence[Any]) -> str | None:
    last = items[-1]
    told = last.get("updated_at") if isinstance(last, dict) else None
    return told if isinstance(told, str) else None

"""Lists, paged as providers page them."""

from tests.provider.exchange import Told


def listed(items, *, style="github", size=30):
    """A handler. Styles: github (Link), gitlab (X-Next-Page), bare (neither: count on)."""

    def handler(asked):
        every = items(asked) if callable(items) else items
        page, per_page = int(asked.query.get("page", 1)), int(asked.query.get("per_page", size))
        start = (page - 1) * per_page
        is_last = start + per_page >= len(every)
        headers = {}
        if style == "github" and not is_last:
            following = f"{asked.url}{asked.path}?page={page + 1}&per_page={per_page}"
            headers["Link"] = f'<{following}>; rel="next", <{asked.url}/last>; rel="last"'
        if style == "gitlab":
            headers["X-Next-Page"] = "" if is_last else str(page + 1)
        return Told(json=every[start : start + per_page], headers=headers)

    return handler

"""What both sites are: pages behind one door, a sidebar from one tuple."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite
from unfold.utils import convert_color

from apps.errors import NotFound
from apps.orgs.operations import Operation

View = Callable[..., HttpResponse]

OF_POPUPS = {"_popup", "_to_field"}
"""Parameters of Django's for choosing rows in windows of their own: there are none here."""

GREEN = {
    "50": "oklch(97.9% .021 166.1)",
    "100": "oklch(95% .052 163.1)",
    "200": "oklch(90.5% .093 164.2)",
    "300": "oklch(84.5% .143 165)",
    "400": "oklch(76.5% .177 163.2)",
    "500": "oklch(65% .15 162.5)",
    "600": "oklch(51% .11 160)",
    "700": "oklch(45% .1 160)",
    "800": "oklch(40% .085 160)",
    "900": "oklch(35% .07 160)",
    "950": "oklch(25% .05 165)",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the sidebar: a view's name, and an icon of Material Symbols."""

    title: str
    view: str
    icon: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What is no list of rows: a view of the site, the request and what its path names."""

    path: str
    name: str
    view: View
    operation: Operation | None = None
    is_post: bool = False


class Site(UnfoldAdminSite):
    """`pages`, and `rows`: models and their pages. A new area is a line in each, and a `Link`."""

    header: ClassVar[str] = "devhealth"
    sections: ClassVar[Sequence[Section]] = ()
    pages: ClassVar[Sequence[Page]] = ()
    rows: ClassVar[Sequence[tuple[type[Model], type[Any]]]] = ()
    leaves: ClassVar[View]

    def __init__(self) -> None:
        super().__init__("admin")
        for model, admin in self.rows:
            self.register(model, admin)

    # --- the door --------------------------------------------------------------------------------

    def door(self, request: HttpRequest) -> HttpResponse | None:
        """None: come in; else where to go first. Raises `Forbidden` for who may not."""
        raise NotImplementedError

    def allow(self, request: HttpRequest, operation: Operation | None) -> None:
        """Raises `Forbidden`."""
        raise NotImplementedError

    def may_see(self, request: HttpRequest, view: str) -> bool:
        """Whether a line of the sidebar is of use to who asks."""
        raise NotImplementedError

    def has_permission(self, request: HttpRequest) -> bool:
        return True  # whoever is inside came by the door

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        @never_cache
        @wraps(view)
        def behind_the_door(request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
            if (elsewhere := self.door(request)) is not None:
                return elsewhere
            if OF_POPUPS & {*request.GET, *request.POST}:
                raise NotFound("There are no windows to choose from here.")
            response = view(request, *args, **more)
            response["Content-Security-Policy"] = policy()
            return response

        return behind_the_door

    # --- what there is ---------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Ours alone: Django's others ask for passwords and look rows up across models."""
        urls: list[URLPattern | URLResolver] = [
            path("", self.admin_view(self.index), name="index"),
            path("jsi18n/", self.admin_view(self.i18n_javascript), name="jsi18n"),
            path("search/", self.admin_view(nothing), name="search"),
            path("logout/", self.admin_view(type(self).leaves), name="logout"),
            *(path(each.path, self._opened(each), name=each.name) for each in self.pages),
        ]
        for model, admin in self._registry.items():
            of = model._meta
            urls.append(path(f"{of.app_label}/{of.model_name}/", include(admin.urls)))
        return urls

    def _opened(self, page: Page) -> View:
        def view(request: HttpRequest, **named: Any) -> HttpResponse:
            self.allow(request, page.operation)
            return page.view(self, request, **named)

        return self.admin_view(require_POST(view) if page.is_post else view)

    def admin_of(self, view: str) -> Any:
        """Whose view it is, by its name. None: no model's."""
        named = {
            f"{each._meta.app_label}_{each._meta.model_name}": admin
            for each, admin in self._registry.items()
        }
        return named.get(view.rpartition("_")[0])

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        return []  # the sidebar says what there is

    def get_log_entries(self, request: HttpRequest) -> tuple[()]:
        return ()

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return [
            {
                "title": section.title,
                "items": [
                    self._line(request, link)
                    for link in section.links
                    if self.may_see(request, link.view)
                ],
            }
            for section in self.sections
        ]

    def _line(self, request: HttpRequest, link: Link) -> dict[str, Any]:
        url = reverse(f"admin:{link.view}")
        is_here = request.path == url or (link.view != "index" and request.path.startswith(url))
        return {
            "title": link.title,
            "icon": link.icon,
            "link": url,
            "active": is_here,
            "has_permission": True,
        }

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        """What unfold is told, on each page."""
        primary = {weight: convert_color(value) for weight, value in GREEN.items()}
        return context | {
            "site_title": self.header,
            "site_header": self.header,
            "site_symbol": "monitoring",
            "site_url": "",
            "site_favicons": [{"rel": "icon", "href": static("web/icon.svg")}],
            "colors": context["colors"] | {"primary": primary},
            "styles": [static("web/acting.css"), static("web/admin.css")],
            "scripts": [static("web/progress.js")],
            "account_links": [{"title": "Your account", "link": settings.ACCOUNT_URL}],
        }

    def page(
        self, request: HttpRequest, template: str, title: str, **more: Any
    ) -> TemplateResponse:
        request.current_app = self.name
        context = {**self.each_context(request), "title": title, **more}
        return TemplateResponse(request, f"web/admin/{template}.html", context)


def nothing(request: HttpRequest) -> HttpResponse:
    """unfold's pages name a search across models, whose answers it keeps for a person, wherever."""
    raise NotFound("There is no search across everything.")


def policy() -> str:
    """From this host alone. unfold's Alpine needs `unsafe-eval`, its pages have inline styles.

    Forms lead to the account host and to organisations' hosts, by `/leave` and by acting as a
    member.
    """
    account = urlsplit(settings.ACCOUNT_URL)
    port = f":{account.port}" if account.port else ""
    hosts = f"{settings.ACCOUNT_URL} {account.scheme}://*.{settings.BASE_DOMAIN}{port}"
    return (
        "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        f"form-action 'self' {hosts}; base-uri 'none'; frame-ancestors 'none'"
    )

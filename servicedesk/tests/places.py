"""Addresses for tests of the shell: every place of the navigation exists, as an empty page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from servicedesk import appearance, components

APPS = {
    "tickets": ["queue", "new"],
    "customers": ["list"],
    "staff": ["login", "logout", "profile", "language", "people"],
    "outbox": ["notices"],
}


def empty(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html", {"heading": request.path})


def sorry(request: HttpRequest) -> HttpResponse:
    return render(request, "404.html")


def bell(request: HttpRequest) -> HttpResponse:
    return render(request, "outbox/_bell.html", {"number": 3, "notices": [], "version": "0-7"})


def addresses(app: str, names: list[str]):
    extra = [path("bell/", bell, name="bell")] if app == "outbox" else []
    return path(f"{app}/", include(([path(f"{name}/", empty, name=name) for name in names] + extra, app)))


urlpatterns = [
    path("", empty, name="home"),
    path("sorry/", sorry),
    path("look/", components.show, name="look"),
    path("theme/", appearance.choose_theme, name="theme"),
    *[addresses(app, names) for app, names in APPS.items()],
]

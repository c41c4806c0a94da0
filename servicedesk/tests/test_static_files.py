"""Static files as production serves them: collected from npm, from packages and from us, under hashed names."""

import json

from django.contrib.staticfiles import finders
from django.core.management import call_command

WANTED = [
    "vendor/tabler.min.css",
    "vendor/tabler.min.js",
    "vendor/echarts.min.js",
    "django_htmx/htmx-2.min.js",
    "css/roles.css",
    "css/theme.css",
    "css/desk.css",
    "css/admin-theme.css",
    "js/desk.js",
    "img/mark.svg",
]


def test_every_file_a_page_asks_for_is_found():
    assert [name for name in WANTED if not finders.find(name)] == []
    assert finders.find("vendor/tabler.min.css.map") is None


def test_files_are_collected_under_names_that_change_with_their_content(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "servicedesk.frontend.DeskStaticFiles"},
    }

    call_command("collectstatic", interactive=False, verbosity=0)

    named = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    assert [name for name in WANTED if named.get(name, name) == name] == []
    assert all((tmp_path / named[name]).exists() for name in WANTED)
    assert (tmp_path / (named["vendor/tabler.min.css"] + ".gz")).stat().st_size < 120_000

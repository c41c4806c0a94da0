"""Imports point down only (DESIGN 3); of the apps at the bottom none knows another."""

import ast
from pathlib import Path

from django.apps import apps
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LAYERS = [
    "servicedesk.uploads", "servicedesk.dashboards", "servicedesk.reports", "followups", "tickets", "servicedesk.conduct",
    "servicedesk.clock", "servicedesk.customers", "servicedesk.staff",
]  # fmt: skip
BOTTOM = {
    f"servicedesk.{app}"
    for app in ["audit", "calendars", "outbox", "questionnaires", "regulations", "search"]
}
APPS = [*LAYERS, *BOTTOM]
# These join the whole and may import everybody; nobody imports them.
TOP = {
    f"servicedesk.{name}"
    for name in [
        "apps",
        "settings",
        "urls",
        "celery",
        "wsgi",
        "asgi",
        "health",
        "management",
        "tests",
        "demo",
    ]
}


def home(module):
    """The app a module belongs to, 'top', or 'ground' for what knows no app, such as servicedesk.frontend."""
    found = [name for name in (*APPS, *TOP) if f"{module}.".startswith(f"{name}.")]
    return "ground" if not found else "top" if found[0] in TOP else found[0]


def may_import(importer, imported):
    if importer in ("top", imported) or imported == "ground":
        return True
    if importer in ("ground", *BOTTOM) or imported == "top":
        return False
    return imported in BOTTOM or LAYERS.index(importer) < LAYERS.index(imported)


def imports(path):
    """Every (line, module) that a file imports, also inside functions and by name."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            base = ".".join(filter(None, [start, node.module]))
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func) and node.args:
            yield node.lineno, getattr(node.args[0], "value", "")


def test_imports_point_down_only():
    wrong = []
    for path in sorted(
        file for top in ("servicedesk", "tickets", "followups") for file in ROOT.glob(f"{top}/**/*.py")
    ):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        importer = "top" if module == "servicedesk" else home(module)
        for line, imported in imports(path):
            if imported.startswith(("servicedesk.", "tickets", "followups")) and not may_import(
                importer, home(imported)
            ):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {imported}")
    assert wrong == []


def test_tables_point_down_only():
    people = apps.get_model(settings.AUTH_USER_MODEL)
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields(include_hidden=False)
        if field.is_relation and not field.auto_created and field.related_model not in (None, people)
        if home(field.related_model.__module__) in APPS
        if not may_import(home(model.__module__), home(field.related_model.__module__))
    ]
    assert wrong == []

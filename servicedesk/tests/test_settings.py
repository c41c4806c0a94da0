import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from servicedesk.celery import app

ROOT = Path(settings.BASE_DIR)
SECRET = "0123456789abcdefghijklmnopqrstuvwxyz" * 2


def django(*words, **environment):
    """Run manage.py with nothing but these variables."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT, env={**kept, "DATABASE_URL": "", **environment}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_the_example_lists_every_variable_that_the_settings_read():
    read = re.findall(r'\benv(?:\.\w+)?\(\s*"(\w+)"', (ROOT / "servicedesk/settings.py").read_text())
    listed = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert len(listed) == len(set(listed))
    assert set(read) == set(listed)


def test_what_runs_daily_runs_by_the_organisations_clock():
    assert str(app.timezone) == settings.TIME_ZONE
    assert all(entry["options"]["expires"] for entry in app.conf.beat_schedule.values())


def test_a_worker_does_as_much_at_a_time_as_the_environment_says():
    assert app.conf.worker_concurrency == settings.WORKER_CONCURRENCY


def test_every_periodic_task_exists():
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_a_missing_secret_stops_the_start_outside_the_demo(tmp_path):
    refused = django("check", DATABASE_URL="sqlite:////tmp/never", VAR_DIR=str(tmp_path))

    assert refused.returncode != 0
    assert "Set SECRET_KEY" in refused.stderr


def test_deployment_checks_refuse_the_demo(tmp_path):
    told = django("check", "--deploy", VAR_DIR=str(tmp_path))

    assert told.returncode != 0
    assert "servicedesk.E001" in told.stderr and "servicedesk.E002" in told.stderr


def test_a_place_of_work_passes_the_deployment_checks(tmp_path):
    told = django(
        "check", "--deploy", "--fail-level", "WARNING",
        DATABASE_URL="postgres://desk:secret@127.0.0.1/desk", SECRET_KEY=SECRET, SITE_ORIGIN="https://desk.example.org",
        VAR_DIR=str(tmp_path),
    )  # fmt: skip

    assert told.returncode == 0, told.stderr

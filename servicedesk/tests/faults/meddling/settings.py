import os

from servicedesk.settings import *  # noqa: F403
from servicedesk.settings import DATABASE, INSTALLED_APPS, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "servicedesk.tests.faults.meddling"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
EMAIL_TIMEOUT = 3  # seconds, so that a test need not wait for the real patience
if "MEDDLE_PAGES" in os.environ:  # a disk on which SQLite finds room for no more
    DATABASE["OPTIONS"]["init_command"] += f"; PRAGMA max_page_count = {os.environ['MEDDLE_PAGES']}"

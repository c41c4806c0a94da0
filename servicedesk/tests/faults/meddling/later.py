"""The settings of a later version of the desk."""

from servicedesk.tests.faults.meddling.settings import *  # noqa: F403

MIGRATION_MODULES = {"clock": "servicedesk.tests.faults.later"}

"""The service desk project: settings, URLs, the Celery app, and the small apps both domains need."""

from servicedesk.celery import app as celery_app

__all__ = ["celery_app"]

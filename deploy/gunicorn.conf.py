"""How gunicorn serves the desk, under `manage.py up`, systemd and in a container alike.

python -m gunicorn --config deploy/gunicorn.conf.py servicedesk.wsgi
"""

import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")

from django.conf import settings

bind = f"{settings.HOST}:{settings.PORT}"
workers = settings.WEB_PROCESSES
threads = settings.WEB_THREADS
worker_class = "gthread"
timeout = 60  # seconds until a worker that hangs is replaced
graceful_timeout = 6  # seconds left to a running request when the desk stops
keepalive = 15  # seconds; the pages poll more often than that
max_requests = 20_000
max_requests_jitter = 2_000
accesslog = (
    None  # a request is logged by our middleware: numbers and route names, no addresses typed by people
)
loglevel = "warning"
control_socket_disable = True
if Path("/dev/shm").is_dir():  # noqa: S108  the heartbeat of a worker must not wait for a disk
    worker_tmp_dir = "/dev/shm"  # noqa: S108

"""The whole desk by one command: web, worker and beat, each a process of its own."""

import errno
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from servicedesk.demo.year.scale import SCALES
from servicedesk.staff.models import User
from servicedesk.supervisor import Part, Plan, become_supervisor

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104  where such a server answers


class Command(BaseCommand):
    help = "Run web server, worker and beat together until Ctrl-C or SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--web-processes", type=int, default=settings.WEB_PROCESSES)
        parser.add_argument("--concurrency", type=int, default=settings.WORKER_CONCURRENCY)
        parser.add_argument(
            "--with-demo",
            nargs="?",
            const="small",
            choices=SCALES,
            help="first load the demo organisation, if this is the demo and nobody is there yet; small, or a year of life",
        )

    def handle(self, *args, **options) -> None:
        host, port = options["host"], options["port"]
        check_port(host, port)
        check_migrated()
        if options["with_demo"]:
            load_demo(options["with_demo"])
        connections.close_all()
        if not settings.REDIS_URL:
            empty_embedded_broker()
        name = EVERYWHERE.get(host, host)
        address = f"http://{name}:{port}"
        lines = [_("The desk is open: %(address)s") % {"address": address}, *log_ins(), _("Ctrl-C stops it.")]
        become_supervisor(
            Plan(
                parts=[web(host, port, options["web_processes"]), worker(options["concurrency"]), beat()],
                host=name.strip("[]"),
                port=port,
                greeting="\n" + "\n".join(f"  {line}" for line in lines) + "\n",
                farewell=_("Stopped."),
            )
        )


def check_port(host: str, port: int) -> None:
    """Raise CommandError if another program listens there, or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            told = {"host": host, "port": port, "other": port + 1, "reason": error.strerror}
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    _("Port %(port)d is taken: another program listens there. Try PORT=%(other)d make run.")
                    % told
                ) from error
            raise CommandError(_("Cannot listen on %(host)s, port %(port)d: %(reason)s.") % told) from error


def check_migrated() -> None:
    """Raise CommandError if the database lacks migrations: the processes would only stumble."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError(_("The database is not up to date. Run: manage.py migrate"))


def load_demo(scale: str) -> None:
    """Load the demo organisation once, never where a database is named or somebody is there."""
    if settings.DEMO and "demo" in get_commands() and not User.objects.exists():
        call_command("demo", scale=scale)


def empty_embedded_broker() -> None:
    """Drop what a killed run left: a message is only a hint, the sweep finds everything that is due."""
    for folder in ("queue", "control"):
        for left in (settings.BROKER_FOLDER / folder).iterdir():
            if left.is_file():
                left.unlink(missing_ok=True)


def web(host: str, port: int, processes: int) -> Part:
    """gunicorn with threads; waitress, one process, on Windows."""
    if sys.platform == "win32":
        listen = [f"--listen={host}:{port}", f"--threads={settings.WEB_THREADS}"]
        return Part("web", [sys.executable, "-m", "waitress", *listen, "servicedesk.wsgi:application"])
    config = Path(settings.BASE_DIR, "deploy", "gunicorn.conf.py")
    return Part(
        "web",
        [sys.executable, "-m", "gunicorn", "--config", str(config), "servicedesk.wsgi"],
        {"HOST": host, "PORT": str(port), "WEB_PROCESSES": str(processes)},
    )


def worker(concurrency: int) -> Part:
    """Celery's worker: threads on the embedded broker, processes on Redis."""
    pool = "prefork" if settings.REDIS_URL and sys.platform != "win32" else "threads"
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    size = [f"--pool={pool}", f"--concurrency={concurrency}"]
    calm = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"} if settings.DEMO else {}
    return Part("worker", celery("worker", *size, *quiet), calm)


def beat() -> Part:
    """Celery's beat, a process of its own: inside the worker it would outlive a killed one (STACK)."""
    return Part("beat", celery("beat", "--pidfile="))


def celery(*words: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app=servicedesk",
        *words,
        f"--loglevel={settings.LOG_LEVEL}",
    ]


def log_ins() -> list[str]:
    """How a visitor of the demo gets in; nothing elsewhere."""
    if not settings.DEMO:
        return []
    try:
        names = (
            User.objects.demo().filter(username__in=settings.DEMO_LOGINS).values_list("username", flat=True)
        )
        if not names:
            return []
        told = ", ".join(sorted(names, key=settings.DEMO_LOGINS.index))
    finally:
        connection.close()
    return [
        _("Log in as %(names)s, password: %(password)s") % {"names": told, "password": settings.DEMO_PASSWORD}
    ]

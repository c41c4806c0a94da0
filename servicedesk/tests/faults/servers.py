"""Servers of a test's own, which it may kill: Redis on a free port, PostgreSQL in a folder."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from kombu import Connection

from servicedesk.testing.running import free_port, wait_for

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))


class Redis:
    """Redis without a memory: killed, it comes back empty."""

    def __init__(self):
        if not shutil.which("redis-server"):
            pytest.skip("needs redis-server")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = None

    def start(self):
        words = [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.answers)

    def answers(self):
        try:
            return redis.Redis.from_url(self.url, socket_timeout=1).ping()
        except redis.RedisError:
            return False

    def length(self, queue="celery"):
        return redis.Redis.from_url(self.url, socket_timeout=1).llen(queue)

    def connection(self):
        return Connection(self.url)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def redis_of_its_own():
    server = Redis()
    server.start()
    try:
        yield server
    finally:
        server.kill()


class PostgreSQL:
    """A cluster of one database, kept by a user who is not root, as PostgreSQL demands."""

    def __init__(self, folder):
        if not BINARIES:
            pytest.skip("needs initdb and pg_ctl")
        self.folder, self.port = Path(folder), free_port()
        self.keeper = (
            {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        )
        if self.keeper:
            shutil.chown(folder, "postgres", "postgres")

    @property
    def url(self):
        return f"postgres://postgres@127.0.0.1:{self.port}/desk"

    def run(self, name, *words):
        subprocess.run(
            [BINARIES[-1] / name, *words],
            check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.keeper,
        )  # fmt: skip

    def control(self, *words):
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options, "-w", *words)

    def make(self):
        self.run(
            "initdb", "-D", self.folder / "data", "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"
        )
        self.control("start")
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "desk")

    def fill_like(self, address):
        """Copy the tables and rows of another database."""
        dump = subprocess.Popen(
            ["pg_dump", "--no-owner", "--exclude-schema=first_rows", address], stdout=subprocess.PIPE
        )
        subprocess.run(
            ["psql", "-q", "-v", "ON_ERROR_STOP=1", self.url],
            stdin=dump.stdout,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        assert dump.wait() == 0

    def stop(self, how="fast"):
        self.control("stop", "-m", how)


@contextmanager
def postgresql_of_its_own():
    with tempfile.TemporaryDirectory(prefix="desk-", ignore_cleanup_errors=True) as folder:
        server = PostgreSQL(folder)
        server.make()
        try:
            yield server
        finally:
            if (server.folder / "data" / "postmaster.pid").exists():
                server.stop("immediate")

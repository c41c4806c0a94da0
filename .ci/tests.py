#!/usr/bin/env python
"""Runs the tests on every engine that answers: SQLite always, then PostgreSQL with Redis.

tests.py [ARGUMENTS FOR PYTEST]

Left out is what is marked `exhaustive`, unless the arguments select by marks of their own (`make exhaustive`).

TEST_DATABASE_URL and TEST_REDIS_URL name servers elsewhere than on this machine's usual ports. Only a test
database (the name with `test_` before it) is made and dropped. PYTEST_WORKERS: processes per engine; by default one more than there are
processors, for many tests wait for processes of their own.
"""

import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import redis

ROOT = Path(__file__).resolve().parent.parent
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/desk")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
SECRET = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"


def postgresql() -> str:
    """The version of the server that answers, or an empty string."""
    try:
        address = DATABASE_URL.rpartition("/")[0] + "/postgres"
        with psycopg2.connect(address, connect_timeout=3) as connection:
            return f"PostgreSQL {connection.server_version // 10000}"
    except psycopg2.OperationalError as error:
        print(f"PostgreSQL does not answer: {str(error).strip().splitlines()[0]}")
        return ""


def redis_server() -> str:
    """The version of the server that answers, or an empty string."""
    try:
        info = redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3).info("server")
        return f"Redis {info['redis_version']}"
    except redis.RedisError as error:
        print(f"Redis does not answer: {error}")
        return ""


def engines() -> dict[str, dict[str, str]]:
    """What to run on, each with its environment; the fullest comes last."""
    found = {
        "SQLite and the embedded broker": {
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "DEMO": "True",
            "SECRET_KEY": SECRET,
        }
    }
    database, broker = postgresql(), redis_server()
    if database:
        name = f"{database} and {broker or 'the embedded broker'}"
        found[name] = {
            "DATABASE_URL": DATABASE_URL,
            "REDIS_URL": REDIS_URL if broker else "",
            "DEMO": "False",
            "SECRET_KEY": SECRET,
        }
    return found


def run(environment: dict[str, str], arguments: list[str]) -> int:
    selection = ["-m", "not exhaustive"]  # a later -m among the arguments counts instead
    spread = ["-n", os.environ.get("PYTEST_WORKERS") or str((os.cpu_count() or 1) + 1), "--dist", "worksteal"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *selection, *spread, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
    ).returncode


def main() -> int:
    found = engines()
    print(f"The tests run on: {'; then on '.join(found)}.", flush=True)
    failed = []
    for name, environment in found.items():
        if failed:
            print(f"\n*** Failed on {', '.join(failed)}; going on with the next engine.")
        print(f"\n=== On {name}", flush=True)
        if run(environment, sys.argv[1:]):
            failed.append(name)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

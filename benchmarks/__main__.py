"""python -m benchmarks [NAME …] [--open N] [--rows N] [--tickets N …] [--pages TEXT …]: measures in scratch databases, prints tables, keeps JSON.

Each benchmark runs in a process of its own, once for each engine it names, on a database made for it and dropped
afterwards; TEST_DATABASE_URL names the PostgreSQL server. The figures also go to VAR_DIR/bench/NAME-ENGINE.json.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import django

SERVER = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/desk")
SQLITE = "sqlite:///" + str(Path(os.environ.get("VAR_DIR", "var")).resolve() / "bench" / "unused.sqlite3")
NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; none means all")
    parser.add_argument(
        "--open", type=int, default=20_000, metavar="N", help="open deadlines under the sweep"
    )
    parser.add_argument("--rows", type=int, default=20_000, metavar="N", help="rows of the imported file")
    parser.add_argument(
        "--tickets",
        type=int,
        nargs="+",
        default=[10_000, 100_000],
        metavar="N",
        help="sizes of desk under the pages",
    )
    parser.add_argument(
        "--pages", nargs="+", default=[""], metavar="TEXT", help="only pages whose names begin so"
    )
    parser.add_argument("--on", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
    if options.on:
        run_here(options.names[0], options)
        return 0
    return max([run(name, options) for name in options.names or NAMES])


def run(name: str, options: argparse.Namespace) -> int:
    """Each engine in turn; returns the worst exit code."""
    source = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    engines = [engine for engine in ("postgresql", "sqlite") if f'"{engine}"' in source] or ["none"]
    return max(start(name, engine, options) for engine in engines)


def start(name: str, engine: str, options: argparse.Namespace) -> int:
    environment = {
        **os.environ,
        "DATABASE_URL": SERVER if engine == "postgresql" else SQLITE,
        "REDIS_URL": "memory://localhost/",  # nobody is to be woken
        "SECRET_KEY": "only-for-benchmarks-0123456789-abcdefghijklmnopqrstuvwxyz",
        "PYTHONWARNINGS": "ignore",
        "LOG_REQUESTS": "False",
    }
    command = [sys.executable, "-m", "benchmarks", name, "--on", engine]
    sizes = [
        "--open",
        str(options.open),
        "--rows",
        str(options.rows),
        "--tickets",
        *map(str, options.tickets),
    ]
    return subprocess.run([*command, *sizes, "--pages", *options.pages], env=environment).returncode


def run_here(name: str, options: argparse.Namespace) -> None:
    django.setup()
    from django.conf import settings

    from benchmarks._scratch import answers, scratch_database

    module = import_module(f"benchmarks.{name}")
    on = "" if options.on == "none" else f" [{options.on}]"
    print(f"\n{(module.__doc__ or name).splitlines()[0]}{on}")
    if options.on == "postgresql" and not answers():
        print("  PostgreSQL does not answer; left out.")
        return
    figures = []
    with scratch_database(name, wanted=options.on != "none"):
        for found in module.measure(options):
            print(f"  {found}", flush=True)
            figures.append(found if isinstance(found, str) else asdict(found))
    folder = settings.VAR / "bench"
    folder.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (folder / f"{name}-{options.on}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

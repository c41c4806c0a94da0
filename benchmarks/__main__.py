"""python -m benchmarks [NAME …]: runs the modules of this folder, or those named, and prints what they measured."""

import os
import sys
from importlib import import_module
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "servicedesk.settings")
django.setup()

for name in sys.argv[1:] or sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py")):
    module = import_module(f"benchmarks.{name}")
    if hasattr(module, "measure"):
        print(f"\n{(module.__doc__ or name).splitlines()[0]}")
        for line in module.measure():
            print(f"  {line}")

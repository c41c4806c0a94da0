"""Every setting that the desk reads says what it changes, and none claims an effect that it has not."""

import re
from pathlib import Path

from django.conf import settings

from servicedesk.regulations.catalogue import DEFINITIONS
from servicedesk.regulations.effects import effects_of, read_settings

CODE = re.compile(r"""["'](S\d+[ab]?)["']""")
TELLS = {"due_rules.py", "settings_read.py", "apps.py", "catalogue.py", "changing.py", "questions.py"}


def test_what_is_read_tells_its_effect_and_nothing_else_does():
    root = Path(settings.BASE_DIR)
    read = {
        code
        for top in ("servicedesk", "tickets", "followups")
        for path in root.glob(f"{top}/**/*.py")
        if path.name not in TELLS and "tests" not in path.parts and "migrations" not in path.parts
        for code in CODE.findall(path.read_text(encoding="utf-8"))
    }
    here = {code for code in read if DEFINITIONS[code].lives_here}
    assert here == read_settings()
    assert all(effects_of(code) for code in here)

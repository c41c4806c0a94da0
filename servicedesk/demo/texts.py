"""The words of the demo organisation, one file a language, all with the same keys."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("texts")
LANGUAGES = ("en", "zh-hans", "zh-hant")


@lru_cache
def texts(language: str) -> dict[str, Any]:
    """Everything that is said and everybody's names in a language."""
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))

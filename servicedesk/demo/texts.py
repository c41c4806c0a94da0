"""The words of the demo organisation, one file a language, all with the same keys; a year's further ones in `year/`."""

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


@lru_cache
def texts_of_a_year(language: str) -> dict[str, Any]:
    """What thousands of matters need besides: parts to put together, so that few are alike."""
    return tomllib.loads((FOLDER / "year" / f"{language}.toml").read_text(encoding="utf-8"))

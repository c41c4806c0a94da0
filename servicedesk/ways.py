"""Where a form leads back to: only ever a page of this site."""

import re
from typing import Any

LOCAL_PATH = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f\x7f]*")


def local_path(path: Any) -> str:
    """The path if it leads to a page of this site, else nothing."""
    return path if isinstance(path, str) and LOCAL_PATH.fullmatch(path) else ""

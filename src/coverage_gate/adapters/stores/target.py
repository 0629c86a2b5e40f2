"""What `ORCH_DB_PATH`, `ORCH_DB_URL` and `--db` may say."""

from __future__ import annotations

import os
import re
from pathlib import Path

from coverage_gate.ports import StoreError

# Two letters or more before the colon: a drive letter is no scheme. One slash too few must not
# turn a URL into the name of a file, for it would show its password.
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):.*", re.ASCII | re.DOTALL)
_SQLITE = re.compile(r"sqlite(?:\+pysqlite)?:///([^?#]+)", re.ASCII | re.DOTALL)


def sqlite_path(target: str | Path) -> Path:
    """The absolute path of the database file that a path or a `sqlite:///` URL names.

    Raises:
        StoreError: For anything else. The message holds nothing of a URL but its scheme.
    """
    text = str(target)
    if not text.strip() or "\0" in text or text == ":memory:":
        raise StoreError(f"{text!r} names no database file: set ORCH_DB_PATH to a path")
    file, url = _SQLITE.fullmatch(text), _URL.fullmatch(text)
    if url and not file:
        raise StoreError(
            f"ORCH_DB_URL: {url[1][:20]!r} cannot be used; only SQLite is supported in this "
            "version; unset it and use ORCH_DB_PATH"
        )
    # The working directory may change before the first use; a link is followed once and for all.
    return Path(os.path.realpath(file[1] if file else text))

"""Scripts that read a tree's files in the repository's own interpreter, before any of them runs.

`start` runs them. They need nothing but the standard library, coverage.py or pytest, and each
other, on CPython from 3.10 and coverage.py from 7.6.
"""

import hashlib
from functools import cache
from pathlib import Path


@cache
def scripts_digest() -> str:
    """The SHA-256 of all of these scripts: what they tell depends on nothing else of ours."""
    scripts = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(script.read_bytes() for script in scripts)).hexdigest()

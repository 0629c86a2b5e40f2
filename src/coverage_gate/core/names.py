"""Names of files and folders: those from outside made safe, and those of our own."""

from __future__ import annotations

import hashlib
import re

#: What names of the gate's private folders start with. Tests see it in the paths of their files,
#: and some leave out frames whose path has the word "coverage" in it.
SCRATCH = "covgate-"

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
_MARKED = re.compile(r".*-[0-9a-f]{8}", re.ASCII)
_KEPT = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_MAX = 40


def safe_name(name: str) -> str:
    """One path component for any text; a plain name such as "ET-7" stays as it is.

    Anything else becomes a readable stem and eight hex digits of the name's digest, and so
    does a plain name that looks like such a result: different names get different results,
    none is empty, starts with a dot or dash, or holds a separator. See ADR 0007.
    """
    if _PLAIN.fullmatch(name) and not _MARKED.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    stem = "-".join(_KEPT.findall(name))[:_MAX].strip("-")
    return f"{stem or 'x'}-{digest}"

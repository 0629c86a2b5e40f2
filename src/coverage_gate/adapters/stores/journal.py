"""Which journal a SQLite file can have where it lies."""

from __future__ import annotations

import re
from pathlib import Path

#: Lists what is mounted where, see proc(5).
MOUNTS = Path("/proc/self/mountinfo")

# A write-ahead log needs memory that all processes share; two machines never share it.
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\w*|9p|afs|ceph|lustre|gpfs|beegfs|vboxsf|fuse\..*", re.ASCII
)
_MOUNT = re.compile(r"^(?:[^ \n]+ ){4}([^ \n]+) [^\n]*?- ([^ \n]+) ", re.MULTILINE)
_ESCAPE = re.compile(r"\\([0-7]{3})", re.ASCII)


def journal_of(path: Path, mounts: str) -> str:
    """The journal mode for a file: "WAL", or "DELETE" on a network file system.

    Args:
        path: Absolute, without links.
        mounts: Text in the form of `MOUNTS`; empty where the system has no such list.
    """
    system = _file_system(path, mounts)
    return "DELETE" if _NETWORK.fullmatch(system) else "WAL"


def read_mounts(path: Path) -> str:
    """The text of `MOUNTS`; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _file_system(path: Path, mounts: str) -> str:
    best, system = 0, ""
    for match in _MOUNT.finditer(mounts):
        point = Path(_ESCAPE.sub(_unescaped, match[1]))
        # Of several mounts on one point the last one is seen.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, system = len(point.parts), match[2]
    return system


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match.group(1), 8))

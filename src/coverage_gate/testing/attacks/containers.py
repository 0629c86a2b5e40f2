"""Bytecode and archives as a branch would commit them."""

from __future__ import annotations

import importlib.util
import io
import marshal
import zipfile
from collections.abc import Mapping


def compiled(source: str, name: str) -> bytes:
    """A `.pyc` of this interpreter, of the kind whose source is never asked for."""
    unchecked = (0b01).to_bytes(4, "little")
    code = compile(source, name, "exec")
    return importlib.util.MAGIC_NUMBER + unchecked + bytes(8) + marshal.dumps(code)


def cached_name(module: str) -> str:
    """What Python calls the bytecode of a module in `__pycache__`."""
    return importlib.util.cache_from_source(module).rpartition("/")[2]


def archive(files: Mapping[str, str]) -> bytes:
    """A zip archive, the same each time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()

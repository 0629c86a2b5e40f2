"""A statement as a file: as it is, or in a DSSE envelope that an Ed25519 key signed.

`cryptography` (extra `sign`) is imported only where something is signed or a signature is checked.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from coverage_gate.core.provenance import canonical

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

#: Beside `18-coverage-report.md`.
STATEMENT_NAME = "18-coverage-report.intoto.json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"

_KEY_BYTES = 64 * 1024
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class SigningError(Exception):
    """Nothing can be signed or checked with this key. The message says what to do."""


class StatementError(Exception):
    """The file holds no statement. The message says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A statement that was read.

    Attributes:
        payload: Its bytes.
        statement: What they say.
        signatures: Key id → signature; empty where it is not signed.
    """

    payload: bytes
    statement: Mapping[str, Any]
    signatures: Mapping[str, bytes]


def statement_text(statement: Mapping[str, object], key: Path | None) -> str:
    """The file for a statement; signed where there is a key. The same inputs give the same bytes.

    Raises:
        SigningError: If the key cannot be used.
    """
    payload = canonical(statement)
    if key is None:
        return payload.decode("ascii") + "\n"
    private = _private_key(key)
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode("ascii"),
        "signatures": [
            {
                "keyid": _key_id(private.public_key()),
                "sig": base64.b64encode(private.sign(_signed(payload))).decode("ascii"),
            }
        ],
    }
    return canonical(envelope).decode("ascii") + "\n"


def read_statement(text: str) -> Found:
    """The statement of a file, in an envelope or not.

    Raises:
        StatementError: If there is none.
    """
    outer = _object(text.encode("utf-8", "surrogatepass"))
    if "payload" not in outer:
        return Found(payload=text.removesuffix("\n").encode(), statement=outer, signatures={})
    try:
        if outer["payloadType"] != PAYLOAD_TYPE:
            raise StatementError("the envelope holds something else than a statement")
        payload = base64.b64decode(outer["payload"], validate=True)
        signatures = {
            str(each["keyid"]): base64.b64decode(each["sig"], validate=True)
            for each in outer["signatures"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise StatementError("the envelope is broken") from error
    return Found(payload=payload, statement=_object(payload), signatures=signatures)


def is_signed_by(found: Found, key: Path) -> bool:
    """Whether the owner of a public key signed these very bytes.

    Raises:
        SigningError: If the key cannot be read.
    """
    public = _public_key(key)
    signature = found.signatures.get(_key_id(public))
    if signature is None:
        return False
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - the extra `sign`

    try:
        public.verify(signature, _signed(found.payload))
    except InvalidSignature:
        return False
    return True


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StatementError("it is no JSON") from error
    if not isinstance(value, dict):
        raise StatementError("it is no JSON object")
    return value


def _signed(payload: bytes) -> bytes:
    """What DSSE signs: type and payload, each with its length, so that neither can be moved."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _private_key(path: Path) -> Ed25519PrivateKey:
    serialization, ed25519 = _library()
    data = _read(path, is_secret=True)
    try:
        key = serialization.load_pem_private_key(data, password=None)
    except (TypeError, ValueError) as error:
        raise SigningError(f"{path} holds no private key without a password (PEM)") from error
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise SigningError(f"{path} holds no Ed25519 key: make one with openssl genpkey")
    return cast("Ed25519PrivateKey", key)


def _public_key(path: Path) -> Ed25519PublicKey:
    serialization, ed25519 = _library()
    try:
        key = serialization.load_pem_public_key(_read(path, is_secret=False))
    except ValueError as error:
        raise SigningError(f"{path} holds no public key (PEM)") from error
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise SigningError(f"{path} holds no Ed25519 key")
    return cast("Ed25519PublicKey", key)


def _library() -> tuple[Any, Any]:
    try:
        # The extra `sign`, which most installations do not need.
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
    except ImportError as error:
        advice = 'pip install "coverage-gate[sign]"'
        raise SigningError(f"signatures need the package cryptography: {advice}") from error
    return serialization, ed25519


def _read(path: Path, *, is_secret: bool) -> bytes:
    try:
        descriptor = os.open(path, _FLAGS)
        try:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise SigningError(f"{path} is no regular file")
            if is_secret and mode & 0o077:
                raise SigningError(f"{path} can be read by others: chmod 600 {path}")
            return os.read(descriptor, _KEY_BYTES)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SigningError(f"cannot read the key {path}: {error.strerror}") from error


def _key_id(key: Ed25519PublicKey) -> str:
    return sha256(key.public_bytes_raw()).hexdigest()

"""Statements as files: read back as written, signed, and refused when anything was changed."""

from __future__ import annotations

import base64
import builtins
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from coverage_gate.adapters.envelope import (
    SigningError,
    StatementError,
    is_signed_by,
    read_statement,
    statement_text,
)

STATEMENT = {"_type": "t", "subject": [{"name": "ü"}]}


def write_keys(folder: Path, key: Any, name: str = "gate") -> tuple[Path, Path]:  # noqa: ANN401
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    private.chmod(0o600)
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return write_keys(tmp_path, ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32))


def test_an_unsigned_statement_is_read_back(keys: tuple[Path, Path]) -> None:
    text = statement_text(STATEMENT, None)
    found = read_statement(text)
    assert (found.statement, found.signatures, found.payload) == (
        STATEMENT,
        {},
        text.removesuffix("\n").encode(),
    )
    assert not is_signed_by(found, keys[1])


def test_a_signed_statement_is_the_same_bytes_each_time(keys: tuple[Path, Path]) -> None:
    private, public = keys
    text = statement_text(STATEMENT, private)
    assert text == statement_text(STATEMENT, private)
    found = read_statement(text)
    assert found.statement == STATEMENT
    assert is_signed_by(found, public)


def test_another_key_and_other_bytes_are_refused(keys: tuple[Path, Path], tmp_path: Path) -> None:
    private, public = keys
    other = write_keys(tmp_path, ed25519.Ed25519PrivateKey.generate(), "other")[1]
    text = statement_text(STATEMENT, private)
    assert not is_signed_by(read_statement(text), other)
    envelope = json.loads(text)
    envelope["payload"] = base64.b64encode(b'{"_type": "other"}').decode()
    assert not is_signed_by(read_statement(json.dumps(envelope)), public)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"payload": "e30="}',
        '{"payload": "e30=", "payloadType": "x", "signatures": []}',
        '{"payload": "!", "payloadType": "application/vnd.in-toto+json", "signatures": []}',
        '{"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": [1]}',
        '{"payload": "W10=", "payloadType": "application/vnd.in-toto+json", "signatures": []}',
        '{"payload": "/w==", "payloadType": "application/vnd.in-toto+json", "signatures": []}',
    ],
)
def test_what_is_no_statement_is_refused(text: str) -> None:
    with pytest.raises(StatementError):
        read_statement(text)


def test_keys_that_cannot_be_used_are_named(keys: tuple[Path, Path], tmp_path: Path) -> None:
    private, public = keys
    found = read_statement(statement_text(STATEMENT, private))
    foreign = write_keys(tmp_path, x25519.X25519PrivateKey.generate(), "foreign")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, why in (
        (tmp_path / "none", "cannot read"),
        (pipe, "no regular file"),
        (public, "chmod 600"),
        (foreign[0], "no Ed25519 key"),
    ):
        with pytest.raises(SigningError, match=why):
            statement_text(STATEMENT, path)
    public.chmod(0o600)
    with pytest.raises(SigningError, match="no private key"):
        statement_text(STATEMENT, public)
    for path, why in ((private, "no public key"), (foreign[1], "no Ed25519 key")):
        with pytest.raises(SigningError, match=why):
            is_signed_by(found, path)


def test_without_the_extra_it_is_said_what_to_install(
    keys: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:  # noqa: ANN401
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SigningError, match="sign"):
        statement_text(STATEMENT, keys[0])

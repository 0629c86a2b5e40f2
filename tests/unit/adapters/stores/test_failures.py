"""What a database's error says to people."""

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, ResourceClosedError

from coverage_gate.adapters.stores.failures import bound, sentence, translated
from coverage_gate.ports import StoreError


def failure(code: str, words: str = "words") -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorname = code
    return error


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("SQLITE_BUSY", "Try again"),
        ("SQLITE_BUSY_SNAPSHOT", "Try again"),
        ("SQLITE_LOCKED", "Try again"),
        ("SQLITE_READONLY_DIRECTORY", "Let this user write"),
        ("SQLITE_CANTOPEN", "set ORCH_DB_PATH"),
        ("SQLITE_PERM", "Let this user"),
        ("SQLITE_AUTH", "Let this user"),
        ("SQLITE_FULL", "Free space"),
        ("SQLITE_IOERR_WRITE", "Look at its disk"),
        ("SQLITE_NOTADB", "Move it away"),
        ("SQLITE_CORRUPT_VTAB", "Restore it"),
        ("SQLITE_CONSTRAINT_CHECK", "out of range or falls"),
        ("SQLITE_NOMEM", "Try again"),
    ],
)
def test_each_error_of_sqlite_says_what_to_do(code: str, advice: str) -> None:
    assert advice in sentence("'gate.db'", failure(code))


def test_the_sentence_names_the_database_and_keeps_its_words_on_one_line() -> None:
    text = sentence("'gate.db'", failure("SQLITE_BUSY", "database\n is locked"))
    assert text.startswith("the database 'gate.db' is locked by another process")
    assert text.endswith("(database is locked)")


def test_an_error_that_is_not_known_keeps_its_words() -> None:
    assert sentence("x", failure("SQLITE_ERROR", "no such table: t")).endswith("no such table: t")


def test_an_error_without_words_is_named() -> None:
    assert sentence("x", ResourceClosedError("")).endswith("ResourceClosedError")


def test_neither_statement_nor_values_are_shown() -> None:
    cause = failure("SQLITE_FULL", "database or disk is full")
    wrapped = DBAPIError("INSERT INTO secret", {"value": "sesame"}, cause)
    assert sentence("x", wrapped) == sentence("x", cause)


def test_an_error_of_the_database_becomes_a_store_error() -> None:
    with pytest.raises(StoreError, match="found no room") as caught, translated("x"):
        raise failure("SQLITE_FULL")
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


def test_an_error_of_the_caller_stays_what_it_is() -> None:
    with pytest.raises(KeyError), translated("x"):
        raise KeyError("own")


def test_a_number_beyond_64_bits_becomes_a_store_error() -> None:
    with pytest.raises(StoreError, match="cannot be stored"), bound():
        raise OverflowError("Python int too large to convert to SQLite INTEGER")

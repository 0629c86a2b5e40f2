from __future__ import annotations

import asyncio
import inspect
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import assert_type

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage_gate.boundary import (
    REDACTED,
    describe_error,
    library_log,
    log_error,
    never_raises,
    redactor,
    trace_text,
    visible,
)

_METHODS = ("__str__", "__repr__", "__class__", "__traceback__", "__cause__", "__bool__", "args")
_RAISED = (ValueError, RecursionError, MemoryError, SystemExit, GeneratorExit, BaseException)
_BASES = (Exception, ValueError, KeyError, OSError, UnicodeError, SyntaxError, ExceptionGroup)


def _raiser(error: type[BaseException]) -> Callable[..., str]:
    def raise_it(*_: object) -> str:
        raise error("hostile")

    return raise_it


class _HostileText(str):
    __slots__ = ()

    def __len__(self) -> int:
        raise ValueError("no length")

    def __getitem__(self, key: object) -> str:
        raise ValueError("no slice")

    def isprintable(self) -> bool:
        raise ValueError("no answer")

    def replace(self, *_: object) -> str:
        raise ValueError("no replacement")


class _HostileMeta(type):
    @property
    def __name__(cls) -> str:  # type: ignore[override]  # hostile on purpose
        raise ValueError("no name")


def _hostile(
    base: type[Exception], methods: dict[str, type[BaseException]], *, is_nameless: bool
) -> Exception:
    space: dict[str, object] = {
        name: property(_raiser(error))
        if name[2:-2] in {"class", "traceback", "cause"}
        else _raiser(error)
        for name, error in methods.items()
    }
    meta = _HostileMeta if is_nameless else type
    made = meta("Hostile\nName", (base,), space)
    arguments = ("group", [ValueError("a"), KeyError("b")]) if base is ExceptionGroup else ("x",)
    error: Exception = made.__call__(*arguments) if base is not UnicodeError else made.__call__()
    return error


_ZOO = st.builds(
    lambda base, methods, is_nameless: _hostile(base, methods, is_nameless=is_nameless),
    st.sampled_from(_BASES),
    st.dictionaries(st.sampled_from(_METHODS), st.sampled_from(_RAISED)),
    st.booleans(),
)


@never_raises(lambda message: f"error: {message}", last="error")
def _raise(error: BaseException) -> str:
    raise error


@settings(deadline=None)
@given(_ZOO)
def test_any_exception_becomes_the_answer_of_the_error_handler(error: Exception) -> None:
    assert _raise(error).startswith("error: ")


@settings(deadline=None)
@given(_ZOO)
def test_any_exception_is_described_on_one_printable_line(error: Exception) -> None:
    assert describe_error(error).isprintable()


@settings(deadline=None)
@given(st.text(), st.integers(min_value=1, max_value=50))
def test_visible_text_is_printable_and_within_its_limit(text: str, limit: int) -> None:
    shown = visible(text, limit=limit)
    assert shown.isprintable()
    assert len(shown) <= limit


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=["L", "N", "P"])))
def test_visible_leaves_printable_text_as_it_is(text: str) -> None:
    assert visible(text, limit=max(len(text), 1)) == text


def test_control_characters_ansi_and_surrogates_are_shown_as_escapes() -> None:
    assert visible("a\nb\x1b[31m\udc80\u202e") == r"a\nb\x1b[31m\udc80\u202e"


def test_an_answer_without_an_exception_passes_unchanged() -> None:
    answer = object()
    assert never_raises(lambda _: None, last=None)(lambda: answer)() is answer


@pytest.mark.parametrize(
    "wish", [KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError]
)
def test_wishes_of_the_caller_pass_the_boundary(wish: type[BaseException]) -> None:
    with pytest.raises(wish):
        _raise(wish())


@pytest.mark.parametrize("describe", [describe_error, trace_text])
def test_a_keyboard_interrupt_during_the_description_passes(
    describe: Callable[[BaseException], str],
) -> None:
    error = _hostile(Exception, {"__str__": KeyboardInterrupt}, is_nameless=False)
    with pytest.raises(KeyboardInterrupt):
        describe(error)


def test_the_last_answer_is_given_when_the_error_handler_raises() -> None:
    guarded = never_raises(_raiser(ValueError), last="last")(_raiser(KeyError))
    assert guarded() == "last"


def test_a_function_that_never_returns_from_recursion_is_answered_for() -> None:
    @never_raises(lambda message: message, last="last")
    def dive() -> str:
        return dive.__wrapped__()  # type: ignore[attr-defined,no-any-return]  # set by wraps

    assert dive().startswith("RecursionError: maximum recursion depth")


def _raise_at_depth(depth: int) -> str:
    return _raise_at_depth(depth - 1) if depth else _raise(ValueError("deep"))


def test_a_boundary_at_the_recursion_limit_gives_the_last_answer() -> None:
    answers = set()
    for depth in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit()):
        with suppress(RecursionError):  # too deep to call the boundary at all
            answers.add(_raise_at_depth(depth))
    # Between both, descriptions that say less and less.
    assert answers >= {"error", "error: ValueError: deep"}
    assert all(answer.startswith("error") for answer in answers)


def test_the_decorated_function_keeps_name_and_signature() -> None:
    assert str(inspect.signature(_raise)) == "(error: 'BaseException') -> 'str'"
    assert _raise.__name__ == "_raise"


def test_the_type_of_a_decorated_function_is_kept() -> None:
    @never_raises(lambda _: None, last=None)
    def answer(number: int) -> int | None:
        return number

    assert_type(answer(1), int | None)
    assert answer(1) == 1


# What an exception is called.
@pytest.mark.parametrize(
    ("error", "described"),
    [
        (ValueError("no"), "ValueError: no"),
        (ValueError(), "ValueError"),
        (KeyError("a\nb"), r"KeyError: 'a\nb'"),
        (ValueError("a\nb"), r"ValueError: a\nb"),
        (ValueError(_HostileText("text")), "ValueError: text"),
        (
            ExceptionGroup("many", [ValueError("a"), KeyError("b")]),
            "ExceptionGroup: many (2 sub-exceptions) [ValueError: a; KeyError: 'b']",
        ),
        (
            ExceptionGroup("m", [OSError(n) for n in range(5)]),
            "ExceptionGroup: m (5 sub-exceptions) [OSError: 0; OSError: 1; OSError: 2; and 2 more]",
        ),
    ],
)
def test_an_exception_is_described_by_class_and_text(error: Exception, described: str) -> None:
    assert describe_error(error) == described


def test_a_raising_text_leaves_the_name_of_the_class() -> None:
    error = _hostile(Exception, {"__str__": SystemExit}, is_nameless=True)
    assert describe_error(error) == r"Hostile\nName: (its text cannot be had)"


def test_an_exception_whose_description_breaks_has_a_constant_description() -> None:
    class NoText:
        def __str__(self) -> str:
            return "x"

    def redact(text: str) -> str:
        raise SystemExit(text)

    assert (
        describe_error(ValueError(NoText()), redact=redact) == "an error that cannot be described"
    )


def test_a_huge_text_is_cut() -> None:
    described = describe_error(ValueError("x" * 1_000_000))
    assert len(described) == 500
    assert described.endswith("x…")


def test_a_deeply_nested_group_is_described_down_to_a_depth() -> None:
    error: Exception = ValueError("innermost")
    for _ in range(500):
        error = ExceptionGroup("g", [error])
    described = describe_error(error)
    assert described.count("ExceptionGroup") == 4
    assert "innermost" not in described


def test_a_secret_is_blanked_before_the_text_is_cut() -> None:
    redact = redactor(["s3cret-token"])
    error = ValueError("x" * 485 + "s3cret-token")
    assert "s3" not in describe_error(error, redact=redact)


def test_a_text_that_cannot_be_redacted_is_withheld() -> None:
    described = describe_error(ValueError("s3cret"), redact=_raiser(ValueError))
    assert described == "ValueError: (its text is withheld: it could not be redacted)"


def test_a_redactor_blanks_the_longest_secret_first_and_its_percent_encoded_form() -> None:
    redact = redactor(["pa", "pa/ss", "", "\udc80"])
    assert redact("pa/ss pa%2Fss pa x") == f"{REDACTED} {REDACTED} {REDACTED} x"


@contextmanager
def _listening(handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger("coverage_gate")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def test_the_traceback_and_its_causes_go_to_the_log_without_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @never_raises(lambda _: None, last=None, redact=redactor(["s3cret"]))
    def fail() -> None:
        raise ValueError("outer") from KeyError("s3cret")

    fail()
    assert "ValueError: outer" in caplog.text
    assert "caused by KeyError: '***'" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_suppressed_context_and_an_endless_chain_are_not_followed() -> None:
    hidden = ValueError("outer")
    hidden.__context__, hidden.__suppress_context__ = KeyError("hidden"), True
    endless = ValueError("endless")
    endless.__cause__ = endless
    assert "hidden" not in trace_text(hidden)
    assert trace_text(endless).count("ValueError") == 5


def test_the_context_of_an_error_is_logged_as_its_cause() -> None:
    error = ValueError("outer")
    error.__context__ = KeyError("inner")
    assert trace_text(error) == "ValueError: outer\n\ncaused by KeyError: 'inner'\n"


def test_a_raising_log_handler_does_not_open_the_boundary() -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError(f"disk full: {record}")

    with _listening(Broken()):
        log_error(ValueError("x"))
        assert _raise(ValueError("x")) == "error: ValueError: x"


def test_the_boundary_configures_no_logging() -> None:
    assert library_log() is logging.getLogger("coverage_gate")
    handlers = library_log().handlers
    assert [type(handler) for handler in handlers] == [logging.NullHandler]

"""Where an exception becomes a value: the one blind except of the library.

Logs through `logging.getLogger("coverage_gate")` and never configures logging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from logging import Logger

_P = ParamSpec("_P")
_R = TypeVar("_R")
_T = TypeVar("_T")

Redactor = Callable[[str], str]

REDACTED = "***"
DESCRIPTION_LIMIT = 500
_UNKNOWN = "an error that cannot be described"
_CHAIN_LIMIT = 5
_GROUP_LIMIT = 3
_GROUP_DEPTH = 3
_FRAME_LIMIT = 30


# Modules that only an error or a secret needs are loaded by it: most calls meet neither.


def keep_text(text: str) -> str:
    """The redactor that knows no secret."""
    return text


def redactor(secrets: Iterable[str]) -> Redactor:
    """A function that blanks each of these values, longest first, also where percent-encoded."""
    values = {form for secret in secrets if secret for form in (secret, _percent_encoded(secret))}
    ordered = sorted(values, key=lambda value: (-len(value), value))

    def redact(text: str) -> str:
        """The text with a mark for each secret."""
        for value in ordered:
            text = text.replace(value, REDACTED)
        return text

    return redact


def visible(text: str, *, limit: int = DESCRIPTION_LIMIT) -> str:
    """The text on one line: what cannot be printed is written as an escape, the rest cut off."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: max(limit - 1, 0)] + "…"


def describe_error(
    error: BaseException, *, redact: Redactor = keep_text, limit: int = DESCRIPTION_LIMIT
) -> str:
    """Class name and text of an exception on one line. Total: it answers for any exception.

    An exception whose name or text cannot be had is named as far as possible; of a group the
    first members are described too.

    Args:
        error: Anything that was raised.
        redact: Blanks the secrets that are known; when it fails, the text is withheld.
        limit: Longest answer, in characters.
    """
    try:
        return visible(_described(error, redact), limit=limit)
    except KeyboardInterrupt:
        raise
    except BaseException:  # an exception's own methods may raise anything, SystemExit included
        return _UNKNOWN


def never_raises(
    on_error: Callable[[str], _T], *, last: _T, redact: Redactor = keep_text
) -> Callable[[Callable[_P, _R]], Callable[_P, _R | _T]]:
    """Make a function answer with a value where it would raise.

    KeyboardInterrupt, SystemExit, GeneratorExit and asyncio.CancelledError pass: they are wishes
    of the caller, and no errors. The traceback goes to the log.

    Args:
        on_error: Makes the answer from the description of the error.
        last: The answer when `on_error` raises too. It is handed out as it is, so it should be
            immutable.
        redact: Blanks secrets in the description and in the log.

    Returns:
        A decorator that keeps the signature.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R | _T]:
        """The function, with an answer for every exception that is no wish of the caller."""

        @wraps(function)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> _R | _T:
            """What the function returns; what `on_error` makes of an exception; else `last`."""
            try:
                return function(*args, **kwargs)
            except Exception as error:
                # Even the calls below can fail: at the recursion limit every call does.
                try:
                    log_error(error, redact=redact)
                    return on_error(describe_error(error, redact=redact))
                except Exception:
                    return last

        return guarded

    return decorate


def log_error(error: BaseException, *, redact: Redactor = keep_text) -> None:
    """Write an exception with its chain and traceback to the library's log. Never raises.

    The text is made here and not by the log's handlers: those print an exception as it is, with
    its secrets, and stumble over one whose text cannot be had.
    """
    try:
        library_log().error("%s", trace_text(error, redact=redact))
    except Exception:  # a host's log handler may raise; nobody is left to be told
        return


@cache
def library_log() -> Logger:
    """The library's log; silent where the host configures none."""
    import logging  # noqa: PLC0415 - see above

    logger = logging.getLogger("coverage_gate")
    logger.addHandler(logging.NullHandler())
    return logger


def trace_text(error: BaseException, *, redact: Redactor = keep_text) -> str:
    """The traceback of an exception and of what caused it, outermost error first."""
    return "\ncaused by ".join(
        describe_error(link, redact=redact) + "\n" + redact(_frames(link)) for link in _chain(error)
    )


def _percent_encoded(secret: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415 - see above

    # surrogatepass: a variable's bytes need not be text.
    return quote(secret, safe="", errors="surrogatepass")


def _described(error: BaseException, redact: Redactor, *, depth: int = _GROUP_DEPTH) -> str:
    name, text = _class_name(error), _text(error, redact)
    head = f"{name}: {text}" if text else name
    members = _members(error) if depth else ()
    shown = [_described(member, redact, depth=depth - 1) for member in members[:_GROUP_LIMIT]]
    if len(members) > len(shown):
        shown.append(f"and {len(members) - len(shown)} more")
    return f"{head} [{'; '.join(shown)}]" if shown else head


def _class_name(error: BaseException) -> str:
    # `type.__name__` of the metaclass may be overridden; the slot of `type` itself may not.
    name = type.__dict__["__name__"].__get__(type(error))
    return str.__str__(name)


def _text(error: BaseException, redact: Redactor) -> str:
    try:
        # A subclass of str may override any method: the slice makes it a plain one.
        text = str.__getitem__(str(error), slice(None))
    except KeyboardInterrupt:
        raise
    except BaseException:  # see describe_error
        return "(its text cannot be had)"
    try:
        return redact(text)
    except Exception:  # a text that was not redacted must not get out
        return "(its text is withheld: it could not be redacted)"


def _members(error: BaseException) -> tuple[BaseException, ...]:
    # issubclass of the real type: isinstance would ask the object's own `__class__`.
    if not issubclass(type(error), BaseExceptionGroup):
        return ()
    return tuple(BaseExceptionGroup.exceptions.__get__(error))


def _frames(error: BaseException) -> str:
    import traceback  # noqa: PLC0415 - see above

    frames = traceback.format_tb(_own(error, "__traceback__"), limit=-_FRAME_LIMIT)
    return "".join(frames).rstrip("\n")


def _chain(error: BaseException) -> list[BaseException]:
    links = [error]
    while (link := _cause(links[-1])) is not None and len(links) < _CHAIN_LIMIT:
        links.append(link)
    return links


def _cause(error: BaseException) -> BaseException | None:
    cause: BaseException | None = _own(error, "__cause__")
    if cause is not None or _own(error, "__suppress_context__"):
        return cause
    context: BaseException | None = _own(error, "__context__")
    return context


def _own(error: BaseException, name: str) -> Any:  # noqa: ANN401 - as the slots of exceptions are typed
    # A subclass may override these with properties that raise; the slots below them do not.
    return BaseException.__dict__[name].__get__(error)

"""Progress on stderr: one live line on a terminal, one plain line for each step elsewhere."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TextIO

from coverage_gate.boundary import visible
from coverage_gate.cli.style import Terminal, terminal_of
from coverage_gate.clock import SystemClock
from coverage_gate.ports import Clock

_LONGEST = 500
_NARROWEST = 20


def open_progress() -> TerminalProgress:
    """Progress on the stderr of this process; to be used in a `with` statement."""
    stream = sys.stderr
    return TerminalProgress(stream=stream, terminal=terminal_of(stream), clock=SystemClock())


@dataclass(slots=True, kw_only=True)
class TerminalProgress:
    """Fits `ports.Progress`. Never raises, whatever becomes of the stream.

    On a terminal a line such as "[ 12 s] measuring feature/x: 42 tests" is drawn over and over,
    every second while the `with` block runs, and is gone at its end.

    Attributes:
        stream: Where to write; None for nowhere.
        terminal: What it can show.
        clock: Counts the seconds since the first step.
        tick_s: How often the line is drawn again while nothing is heard.
    """

    stream: TextIO | None
    terminal: Terminal
    clock: Clock
    tick_s: float = 1.0
    _started: float | None = field(default=None, init=False)
    _step: str = field(default="", init=False)
    _detail: str = field(default="", init=False)
    _drawn: int = field(default=0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _over: threading.Event = field(default_factory=threading.Event, init=False)
    _ticker: threading.Thread | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        if self.terminal.is_live:
            self._over.clear()
            self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
            self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._ticker is not None:
            self._ticker.join()
            self._ticker = None
        with self._lock:
            self._erase()

    def step(self, text: str) -> None:
        """A new step begins."""
        with self._lock:
            self._step, self._detail = text, ""
            if self._started is None:
                self._started = self.clock.monotonic()
            if self.terminal.is_live:
                self._draw()
            else:
                self._write(visible(text, limit=_LONGEST) + "\n")

    def detail(self, text: str) -> None:
        """Something to show within the step; only on a terminal."""
        with self._lock:
            self._detail = text
            if self.terminal.is_live:
                self._draw()

    def _tick(self) -> None:
        while not self._over.wait(self.tick_s):
            with self._lock:
                if self._step:
                    self._draw()

    def _draw(self) -> None:
        line = self._line()
        self._write("\r" + line + " " * (self._drawn - len(line)))
        self._drawn = len(line)

    def _erase(self) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _line(self) -> str:
        began = self.clock.monotonic() if self._started is None else self._started
        seconds = int(self.clock.monotonic() - began)
        text = ": ".join(filter(None, (self._step, self._detail)))
        # The last column stays free: some terminals begin a new line when it is written.
        return visible(f"[{seconds:3d} s] {text}", limit=max(self.terminal.width - 1, _NARROWEST))

    def _write(self, text: str) -> None:
        if self.stream is None:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except (OSError, ValueError):  # closed, gone, or unable to show a character
            self.stream = None

"""Branches that want in untested code, judged as this set-up judges."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from pathlib import Path

from coverage_gate.adapters.measure.interpreter import find_interpreter
from coverage_gate.ports import Clock, Progress
from coverage_gate.procedure import name_of, pyproject_at
from coverage_gate.scratch import private_folder
from coverage_gate.settings import Settings, SettingsError, load_settings
from coverage_gate.testing.attacks import Attack, Family
from coverage_gate.testing.attacks.arena import Arena, ArenaError, Trial, build, holders
from coverage_gate.wiring import open_workshop

#: What else may hold an attack that merges here.
SHIPPED = "the shipped limits"
_RULING = ("ORCH_COVERAGE_", "ORCH_MUTATION_", "ORCH_SANDBOX", "ORCH_REQUIRE_SANDBOX", "LC_")
_SEEN = ("PATH", "LANG", "TZ")
_LEVEL, _PYTHON = "ORCH_SANDBOX", "ORCH_COVERAGE_PYTHON"
#: The project that is attacked has tests of its own.
_COMMAND = {"ORCH_COVERAGE_TEST_COMMAND": "pytest"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of one branch.

    Attributes:
        attack: Which.
        is_held: Whether it merges nowhere and did nothing else: after a merge gate and without one.
        held_by: The rules and reasons that hold it.
        said: The reason of the verdict that lets it in; empty where it is held.
        would_hold: Of one that merges: the levels and limits that would have held it.
    """

    attack: Attack
    is_held: bool
    held_by: tuple[str, ...]
    said: str = ""
    would_hold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What judges: the variables of the gate, and the table of a base.

    Attributes:
        env: The variables.
        table: The base's pyproject.toml; empty: it has none.
        fail_closed: As the settings say.
    """

    env: Mapping[str, str]
    table: bytes
    fail_closed: bool

    @property
    def mode(self) -> str:
        """Its fail mode, as the arena calls it."""
        return "fail-closed" if self.fail_closed else "fail-open"


@dataclass(slots=True, kw_only=True)
class Grounds:
    """Arenas below one folder, one for each set-up, each built when it is first needed.

    Attributes:
        top: The folder.
        setup: What is attacked.
        others: What else may hold an attack, by name.
    """

    top: Path
    setup: SetUp
    others: Mapping[str, SetUp]
    _built: dict[str, Arena] = field(default_factory=dict)
    _trials: int = 0

    def try_attack(self, attack: Attack) -> Judged:
        """Judge an attack; one that merges is judged by everything else, too.

        Raises:
            ArenaError, SettingsError: If nothing can be judged under this set-up.
        """
        judged = self._judged("", self.setup, attack)
        if judged.is_held:
            return judged
        held = [name for name, other in self.others.items() if self._holds(name, other, attack)]
        return replace(judged, would_hold=tuple(held))

    def twin_merges(self, attack: Attack) -> str:
        """Why an honest branch does not merge; empty where it does. Raises as `try_attack`."""
        trial = self._trial("", self.setup, attack.timeout_s)
        trial.commit("twin", attack.twin)
        verdict = trial.judge("twin", [self.setup.mode])[self.setup.mode, "command"]
        return "" if verdict.merge_allowed else verdict.reason

    def _holds(self, name: str, other: SetUp, attack: Attack) -> bool:
        try:
            return self._judged(name, other, attack).is_held
        except (ArenaError, SettingsError):
            return False  # it does not work here

    def _judged(self, name: str, setup: SetUp, attack: Attack) -> Judged:
        trial = self._trial(name, setup, attack.timeout_s)
        verdicts = trial.judge(trial.attack(attack), [setup.mode]).values()
        through = [verdict for verdict in verdicts if verdict.merge_allowed]
        harm = _harm(trial)
        return Judged(
            attack=attack,
            is_held=not through and not harm,
            held_by=tuple(sorted(set(chain.from_iterable(map(holders, verdicts))))),
            said="; ".join([*(verdict.reason for verdict in through[:1]), *harm]),
        )

    def _trial(self, name: str, setup: SetUp, timeout_s: float) -> Trial:
        if name not in self._built:
            self._built[name] = build(self._fresh(), setup.env, table=setup.table)
        return Trial(arena=self._built[name], top=self._fresh(), timeout_s=timeout_s).set_up()

    def _fresh(self) -> Path:
        self._trials += 1
        folder = self.top / str(self._trials)
        folder.mkdir()
        return folder


def _harm(trial: Trial) -> list[str]:
    return [
        *(["it wrote outside of its place"] if trial.witness.exists() else []),
        *(["it left processes"] if trial.alive() else []),
    ]


def setup_of(settings: Settings, repo: Path, *, level: str | None) -> SetUp:
    """The set-up for a repository: its variables, its interpreter, the table of its base.

    Raises:
        RepositoryError, SettingsError: If it cannot be read, or is invalid.
    """
    table, checkouts = _of_repository(settings, repo)
    choice = find_interpreter(
        configured=settings.python_for(name_of(repo)),
        candidates=checkouts,
        tracked=lambda _: False,
        fallback=Path(sys.executable),
    )
    env = {name: value for name, value in settings.environment.items() if _rules(name)}
    chosen = {_LEVEL: level} if level else {}
    return SetUp(
        env={**env, **_COMMAND, **chosen, _PYTHON: str(choice.path)},
        table=table,
        fail_closed=load_settings(env=settings.environment, base_pyproject=table).fail_closed,
    )


def _rules(name: str) -> bool:
    return name in _SEEN or name.startswith(_RULING)


def _of_repository(settings: Settings, repo: Path) -> tuple[bytes, tuple[Path, ...]]:
    """What the base says, and where environments may lie."""
    with open_workshop(repository=name_of(repo), folder=repo) as shop:
        return pyproject_at(shop, settings.base) or b"", shop.checkouts


def others_of(setup: SetUp, levels: Sequence[str]) -> dict[str, SetUp]:
    """What else may hold an attack: each level under the same limits, and the shipped limits."""
    kept = {name: setup.env[name] for name in (*_SEEN, _LEVEL, _PYTHON) if name in setup.env}
    shipped = SetUp(env={**kept, **_COMMAND}, table=b"", fail_closed=False)
    same = {
        level: SetUp(
            env={**setup.env, _LEVEL: level}, table=setup.table, fail_closed=setup.fail_closed
        )
        for level in levels
        if level != setup.env.get(_LEVEL)
    }
    return {**same, SHIPPED: shipped}


def interleaved(attacks: Sequence[Attack]) -> Iterator[Attack]:
    """One of each family in turns, so that a bounded time sees all of them."""
    groups = [[each for each in attacks if each.family is family] for family in Family]
    for row in zip_longest(*groups):
        yield from (attack for attack in row if attack is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """What became of the branches.

    Attributes:
        judged: Those that were judged.
        untried: The names of those for which there was no time.
        twin: Why an honest branch does not merge either; empty where it does, or was not tried.
    """

    judged: tuple[Judged, ...] = ()
    untried: tuple[str, ...] = ()
    twin: str = ""

    @property
    def through(self) -> int:
        """How many got through."""
        return sum(not each.is_held for each in self.judged)


def try_branches(
    attacks: Sequence[Attack],
    setup: SetUp,
    others: Mapping[str, SetUp],
    *,
    until: float,
    clock: Clock,
    progress: Progress,
) -> Branches:
    """Judge attacks, at least one, as far as the time goes, and before that an honest branch.

    Raises:
        ArenaError, SettingsError: If nothing can be judged under this set-up.
    """
    ordered = list(interleaved(attacks))
    judged: list[Judged] = []
    with private_folder() as top:
        grounds = Grounds(top=top, setup=setup, others=others)
        twin = grounds.twin_merges(ordered[0]) if clock.monotonic() <= until else ""
        for number, attack in enumerate(ordered, start=1):
            if clock.monotonic() > until:
                break
            progress.step(f"branch {number} of {len(ordered)}: {attack.name}")
            judged.append(grounds.try_attack(attack))
    untried = tuple(attack.name for attack in ordered[len(judged) :])
    return Branches(judged=tuple(judged), untried=untried, twin=twin)

"""A labelled change: sources before and after, what ran of them, and what a careful reviewer says.

The first character of each source line is no part of it. It says how the line ended:

    " "  it ran, and so did each branch whose target ran
    "!"  it did not run
    ">"  it ran, and only the branch to the nearest line after it was taken
    "<"  it ran, and only its other branches were taken
    "+"  it is excluded, and ran

On a line that is no statement it says nothing; an empty line may leave it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Sources = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change and its label.

    Attributes:
        name: What it is, in few words.
        base: Path → marked source before.
        head: Path → marked source after.
        passes: Whether it may land.
        patch: Outcome of the patch rule.
        lost: Outcome of the lost rule.
        baseline: Outcome of the baseline rule.
        counted: What the patch rule must count, "covered/total"; None: not labelled.
        lines: Lost places as "path:line".
        says: What the reason or a warning must say.
        buckets: Of the attribution; those that are not named are not labelled.
        branch: Whether branches are measured.
        rest: Covered and total statements of a file that nobody touches.
        stored: The baseline in percent; None: the base's own rate.
        rules: Which rules are on; None: the default.
        hidden: What must be listed as hidden: place → why.
        exclude: Patterns that the base's configuration excludes besides the default ones.
        bare: Whether these patterns replace the default ones, but for that of comments.
        targets: What is asked of single files, as `GLOB=PERCENT[:branch]` separated by commas.
        target: Outcome of the targets rule.
        flaky: Places of main that are proven to be flaky, as "path:line".
        head_text: What is done to each text of the head before it is written.
    """

    name: str
    base: Sources
    head: Sources
    passes: bool
    patch: str = "PASS"
    lost: str = "PASS"
    baseline: str = "PASS"
    counted: str | None = None
    lines: tuple[str, ...] = ()
    says: str = ""
    buckets: Mapping[str, int] = field(default_factory=dict)
    branch: bool = False
    rest: tuple[int, int] = (900, 1000)
    stored: str | None = None
    rules: str | None = None
    hidden: Mapping[str, str] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    bare: bool = False
    targets: str = ""
    target: str = "none"
    flaky: tuple[str, ...] = ()
    head_text: Callable[[str], str] = str

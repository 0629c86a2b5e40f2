"""One tree from its blobs to its measurement: plan, export, analyse, run, read, count.

The one place that knows how git, configuration, interpreter, sandbox, data reader and store fit
together; each of them knows none of the others.

| module | what |
|---|---|
| `bench` | the values: what runs the tests of a repository, what is planned for one tree |
| `contents` | what a tree, or a folder without a commit, holds |
| `planning` | all that decides the numbers, found out before anything runs |
| `identity` | that plan as one digest: the same digest is the same measurement |
| `place` | where one tree is measured |
| `analysing` | the static analysis, each blob once |
| `precompiling` | bytecode of the source, each blob compiled once |
| `executing` | export, static analysis and the run of the tests in a private folder |
| `counting` | claims and static facts to a measurement |
| `faults` | what ends a measurement, as failure values |
| `telling` | what its steps raise, told as such |
| `adopted` | what a data file of elsewhere says of a tree |
| `recording` | measurements as points of the history |
| `measurer` | the port: looked up, or done and kept |
"""

from coverage_gate.measuring.bench import Bench, Stage
from coverage_gate.measuring.contents import MAX_SOURCES, tracked_in
from coverage_gate.measuring.measurer import TreeMeasurer
from coverage_gate.measuring.recording import committed_at

__all__ = ["MAX_SOURCES", "Bench", "Stage", "TreeMeasurer", "committed_at", "tracked_in"]

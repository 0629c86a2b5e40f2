"""Times the gate beside its peers. `python -m benchmarks --help`."""

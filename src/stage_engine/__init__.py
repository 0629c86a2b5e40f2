"""The reference engine: stages, checks, merge lease, jobs and workers around coverage_gate."""

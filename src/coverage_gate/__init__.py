"""coverage-gate."""

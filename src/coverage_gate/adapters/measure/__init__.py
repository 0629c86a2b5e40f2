"""Measuring a tree: the base's configuration, the test run, and the gate's own counting."""

"""Pure values and decisions: standard library only, no clock, no files, no environment."""

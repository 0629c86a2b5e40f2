"""Levels of isolation for the process that runs tests; each is one implementation of the port."""

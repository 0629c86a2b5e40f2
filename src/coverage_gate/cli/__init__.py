"""The command line: parse, call, print, exit status. It decides nothing about a verdict."""

"""The command line `stage-engine`."""

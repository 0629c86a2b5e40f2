"""`python -m coverage_gate` is the command line."""

from coverage_gate.cli.main import main

if __name__ == "__main__":
    main()

"""`python -m stage_engine` is the command line."""

from stage_engine.cli.main import main

if __name__ == "__main__":
    main()

"""`python -m local`: see cli."""

from local.cli import main

if __name__ == "__main__":
    main(prog_name="python -m local")

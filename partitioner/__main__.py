"""`python -m partitioner`."""

from partitioner.cli import main

if __name__ == "__main__":
    main(prog_name="python -m partitioner")

"""`python -m cspgraph`."""

from cspgraph.cli import main

if __name__ == "__main__":
    main()

"""The command line: `switchboard`. Results on stdout, everything else on stderr."""

from api.cli.run import main, run

__all__ = ["main", "run"]

"""`python -m api.cli` is `switchboard`."""

from api.cli.run import main

main()

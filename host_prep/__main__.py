"""`python -m host_prep`."""

from host_prep.cli import main

main()

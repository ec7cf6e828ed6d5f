"""``python -m xform``."""

from xform.cli import main

main()

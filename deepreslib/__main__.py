"""``python -m deepreslib`` is the command line ``deepres``."""

import sys

from deepreslib.commands import main

if __name__ == "__main__":
    sys.exit(main())

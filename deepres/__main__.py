"""``python -m deepres`` is the command line ``deepres``."""

import sys

from deepres.commands import main

if __name__ == "__main__":
    sys.exit(main())

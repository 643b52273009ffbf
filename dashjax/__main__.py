"""`python -m dashjax`: the same as the command `dashjax`."""

import sys

from dashjax.cli import main

sys.exit(main())

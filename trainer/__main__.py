"""`python -m trainer`: the command `shardbox-train`."""

import sys

from trainer.cli import main

sys.exit(main())

"""`python -m beam_pipelines`: the same as the command `shardbox`."""

import sys

from beam_pipelines.cli import main

sys.exit(main())

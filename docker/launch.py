"""What the launcher of a flex template starts (FLEX_TEMPLATE_PYTHON_PY_FILE): `shardbox build` with its parameters."""

import sys

from beam_pipelines.cli import main
from beam_pipelines.flex_template.parameters import as_flags
from presentation.refusals import UsageError

if __name__ == "__main__":
    try:
        arguments = as_flags(sys.argv[1:])
    except UsageError as error:
        sys.exit(f"shardbox: {error}")
    sys.exit(main(["build", *arguments]))

"""Writes flex_template_metadata.json anew from the flags of `shardbox build` (make template-metadata)."""

import json
from pathlib import Path

from beam_pipelines.flex_template.parameters import describe_template

METADATA = Path(__file__).with_name("flex_template_metadata.json")

if __name__ == "__main__":
    METADATA.write_text(json.dumps(describe_template(), indent=2, ensure_ascii=False) + "\n")

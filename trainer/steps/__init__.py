"""One module for each command of `shardbox-train`."""

"""`shardbox build` as a flex template of Dataflow, which people start from its console without a checkout."""

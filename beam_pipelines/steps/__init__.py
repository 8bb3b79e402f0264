"""The commands of `shardbox`, a module each, which is loaded only when its command is asked for."""

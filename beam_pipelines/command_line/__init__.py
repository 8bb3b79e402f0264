"""The command line: flags, what they may be, and files of them."""

"""What a command refuses to do."""


class UsageError(Exception):
    """The command was given something it cannot use. Exit code 2."""

"""How training fails: with a sentence for a person. What a command refuses is a `presentation.refusals.UsageError`."""


class TrainingError(Exception):
    """The data, the model or the machine do not do what was asked for. Exit code 1.

    Its text is for a person: what is wrong, with names and numbers, and what to do. It may have several lines.
    """

"""Command lines that are parsed, and the sentence for each that is not."""

import pytest

from presentation.argument_parser import Parser, looks_like_flag, refuse_missing
from presentation.refusals import UsageError


def parser() -> Parser:
    made = Parser(prog="shardbox try")
    made.add_argument("--rows", nargs="+", required=True)
    made.add_argument("--output", required=True)
    made.add_argument("--seed", type=int, default=0)
    made.add_argument("--overwrite", action="store_true")
    return made


def refusal(given: list[str]) -> str:
    with pytest.raises(UsageError) as refused:
        parser().parse_all(given)
    return str(refused.value)


NEEDED = ["--rows", "a.csv", "b.csv", "--output=o"]


def test_what_it_knows():
    assert parser().flags() == {"--rows", "--output", "--seed", "--overwrite"}
    assert vars(parser().parse_all(NEEDED)) == {
        "rows": ["a.csv", "b.csv"],
        "output": "o",
        "seed": 0,
        "overwrite": False,
    }
    assert parser().parse_all([*NEEDED, "--seed", "-3"]).seed == -3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "--rows and --output must be given"),
        (["--seed=1", "--rows=a"], "--output must be given"),
        (["--rows=a", "--output="], "--output must be given"),
        (["--rows=a", "--ouput", "o"], "unknown flag --ouput; did you mean --output?"),
        (["--rows=a", "--ouput=o"], "unknown flag --ouput; did you mean --output?"),
        ([*NEEDED, "--overwrit"], "unknown flag --overwrit; did you mean --overwrite?"),
        ([*NEEDED, "--zzz"], "unknown flag --zzz"),
        ([*NEEDED, "-x"], "unknown flag -x"),
        ([*NEEDED, "stray", "--zzz"], "unexpected argument 'stray'"),
        (["stray=1", *NEEDED], "unexpected argument 'stray=1'"),
        ([*NEEDED, "--overwrite", "-5"], "unexpected argument '-5'"),
        ([*NEEDED, "--seed=x"], "argument --seed: invalid int value: 'x'"),
        ([*NEEDED, "--seed"], "argument --seed: expected one argument"),
    ],
)
def test_what_it_refuses(given, message):
    assert refusal(given) == message


def test_it_refuses_again():
    """What is required stays so."""
    once = parser()
    for _ in range(2):
        with pytest.raises(UsageError, match=r"^--rows and --output must be given$"):
            once.parse_all([])


def test_a_rest_is_looked_at_before_flags_are_missed():
    seen = []

    def check(rest):
        seen.append(list(rest))

    values, rest = parser().parse_leaving([*NEEDED, "--theirs", "1"], check)
    assert (values.output, rest, seen) == ("o", ["--theirs", "1"], [["--theirs", "1"]])
    with pytest.raises(UsageError, match=r"^--rows and --output must be given$"):
        parser().parse_leaving(["--theirs"], check)
    assert seen[1:] == [["--theirs"]]


@pytest.mark.parametrize(("item", "is_one"), [("--a", True), ("-a", True), ("-5", False), ("-5a", False), ("a", False)])
def test_flags_and_numbers(item, is_one):
    assert looks_like_flag(item) is is_one


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--a"], "--a must be given"),
        (["--a", "--b"], "--a and --b must be given"),
        (["--a (or --b)", "--c", "--d"], "--a (or --b), --c and --d must be given"),
    ],
)
def test_missing_flags(flags, message):
    with pytest.raises(UsageError) as refused:
        refuse_missing(flags)
    assert str(refused.value) == message


def test_nothing_is_missing():
    refuse_missing([])

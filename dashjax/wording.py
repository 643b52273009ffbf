"""Numbers and lists in words."""

from collections.abc import Sequence


def percent(share: float | int | None) -> str:
    """A share in %; none that is neither 0 nor 1 is rounded to either."""
    if share is None or share != share:
        return "-"
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def chance(value: float | None) -> str:
    """A probability that was counted in draws, in %: never quite 0 or 1."""
    if value is None or value != value:
        return "-"
    return percent(min(max(value, 1e-9), 1 - 1e-9))


def listed(names: Sequence[str]) -> str:
    """`a, b and c`; `nothing` where there is none."""
    if not names:
        return "nothing"
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def counted(count: int, what: str) -> str:
    """`1 row` or `2 rows`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def shortened(name: str, length: int) -> str:
    """The name, with a sign for its middle where it is longer."""
    tail = length // 3
    return name if len(name) <= length else f"{name[: length - tail - 1]}…{name[-tail:]}"


def first_of(shown: int, there: int, what: str) -> str:
    """A sentence that says what a picture leaves out; '' if that is nothing."""
    return f" Drawn: the first {shown:,} of {there:,} {what}." if shown < there else ""


def number(value: float | int | None, form: str) -> str:
    """The number in that form, or a dash."""
    return "-" if value is None or value != value else format(value, form)


def spread(value: float | None, low: float | None, high: float | None, form: str) -> str:
    """`value [low, high]`, without brackets where there is no interval."""
    if low is None or high is None:
        return number(value, form)
    return f"{number(value, form)} [{number(low, form)}, {number(high, form)}]"


def the_best(select: int | None) -> str:
    """`the best 3`, `the best`."""
    return f"the best {select}" if (select or 0) > 1 else "the best"

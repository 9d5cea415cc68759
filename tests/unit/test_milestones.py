"""The golden tables of domain §4.5 and §4.8, and what must hold for every list."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wentong.milestones import largest_remainder, percentage, required, shortfall

SHARES = (Fraction(1, 2), Fraction(9, 10), Fraction(1))
TOWNS = dict(zip("abcdefghijklmno", (22, 20, 18, 26, 17, 15, 14, 13, 19, 16, 12, 11, 14, 16, 14), strict=True))


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        (15, (8, 14, 15)),
        (20, (10, 18, 20)),
        (21, (11, 19, 21)),
        (94, (47, 85, 94)),
        (247, (124, 223, 247)),
        (248, (124, 224, 248)),
        (329, (165, 297, 329)),
        (502, (251, 452, 502)),
    ],
)
def test_requirements(tasks: int, expected: tuple[int, int, int]) -> None:
    assert tuple(required(share, tasks) for share in SHARES) == expected


@pytest.mark.parametrize(
    ("share", "tasks", "expected"),
    [("55/100", 100, 55), ("7/100", 100, 7), ("28/100", 25, 7), ("95/100", 94, 90), ("1/2", 0, 0), ("0", 9, 0)],
)
def test_the_ceiling_is_exact_where_floats_are_not(share: str, tasks: int, expected: int) -> None:
    assert required(Fraction(share), tasks) == expected


def test_towns_ceilings_add_up_to_more_than_the_county() -> None:
    assert sum(TOWNS.values()) == 247
    assert [sum(required(share, size) for size in TOWNS.values()) for share in SHARES] == [126, 229, 247]
    parts = largest_remainder(124, TOWNS)
    assert list(parts.values()) == [11, 10, 9, 13, 9, 8, 7, 6, 10, 8, 6, 5, 7, 8, 7]


def test_the_golden_scenario() -> None:
    assert (shortfall(10, 9), percentage(9, 20)) == (1, "45.0%")
    assert (shortfall(10, 10), percentage(10, 20)) == (0, "50.0%")
    assert (shortfall(18, 16), percentage(16, 20)) == (2, "80.0%")
    assert (percentage(19, 20), percentage(19, 19), percentage(18, 19)) == ("95.0%", "100.0%", "94.7%")


@pytest.mark.parametrize(
    ("accepted", "tasks", "text"),
    [
        (188, 209, "90.0%"),
        (1999, 2000, "99.9%"),
        (2000, 2000, "100.0%"),
        (1, 3000, "0.1%"),
        (0, 3000, "0.0%"),
        (173, 502, "34.5%"),
        (1, 16, "6.3%"),  # 6.25, half up
        (0, 0, "—"),
    ],
)
def test_percentages(accepted: int, tasks: int, text: str) -> None:
    assert percentage(accepted, tasks) == text


def test_rounding_does_not_make_a_verdict() -> None:
    assert percentage(188, 209) == "90.0%"
    assert shortfall(required(Fraction(9, 10), 209), 188) == 1


@pytest.mark.parametrize("share", ["11/10", "-1/2"])
def test_a_share_lies_between_nothing_and_all(share: str) -> None:
    with pytest.raises(ValueError, match="share"):
        required(Fraction(share), 10)


shares = st.fractions(0, 1, max_denominator=1000)
sizes = st.integers(0, 1_000_000)


@given(shares, sizes)
def test_required_is_the_least_number_that_satisfies_the_share(share: Fraction, tasks: int) -> None:
    needed = required(share, tasks)
    assert 0 <= needed <= tasks
    assert needed >= share * tasks > needed - 1


@given(sizes, st.data())
def test_percentages_are_honest_at_both_ends(tasks: int, data: st.DataObject) -> None:
    accepted = data.draw(st.integers(0, tasks))
    text = percentage(accepted, tasks)
    if tasks:
        assert (text == "100.0%") == (accepted == tasks)
        assert (text == "0.0%") == (accepted == 0)
        assert abs(Fraction(text[:-1]) - Fraction(100 * accepted, tasks)) <= Fraction(1, 10)


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 500), min_size=1, max_size=20), st.data())
def test_allocated_parts_add_up(sizes: dict[str, int], data: st.DataObject) -> None:
    whole = sum(sizes.values())
    total = data.draw(st.integers(0, whole))
    parts = largest_remainder(total, sizes)
    assert sum(parts.values()) == total
    assert all(0 <= parts[key] <= sizes[key] for key in sizes)
    assert all(abs(parts[key] - Fraction(total * sizes[key], whole or 1)) < 1 for key in sizes)


@given(shares, st.dictionaries(st.text(max_size=3), st.integers(0, 500), min_size=1, max_size=20))
def test_the_towns_together_never_owe_less_than_the_county(share: Fraction, sizes: dict[str, int]) -> None:
    assert sum(required(share, size) for size in sizes.values()) >= required(share, sum(sizes.values()))

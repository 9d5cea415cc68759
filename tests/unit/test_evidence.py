"""Which quarter a text names, in all the ways people name one, and what only looks like it."""

import pytest

from wentong.evidence import quarters_in

THIRD = [
    "2026年第三季度", "2026年三季度", "2026年3季度", "2026年第3季度", "2026Q3", "2026-Q3", "2026年7-9月", "2026年7月至9月",
    "2026年七至九月", "二〇二六年第三季度", "二零二六年三季度", "26年3季度", "26Q3", "3Q2026", "2026第三季", "2026年第 3 季度",
    "2026.7-9月", "2026年7月1日至9月30日", "2026年7月1日-2026年9月30日", "\uff12\uff10\uff12\uff16年第\uff13季度",
    "填报日期:2026年10月8日 报告期:2026年第三季度", "2026年三季度(20261008).xlsx", "粤文〔2025〕12号 2026年第三季度",
    "2026年第三季度 有效期至:2027年6月", "报告期:2026年第III季度", "2026年第三季报",
]  # fmt: skip


@pytest.mark.parametrize("text", THIRD)
def test_third_quarter(text: str) -> None:
    assert quarters_in(text) == ({2026}, {3})


@pytest.mark.parametrize(
    "text", ["2026年前三季度", "2026年1-9月", "2026年一至三季度", "2026年上半年", "2026年第一、二季度", "2026年9-10月"]
)
def test_several_quarters(text: str) -> None:
    assert quarters_in(text) == ({2026}, {0})


@pytest.mark.parametrize(
    "text",
    [
        "填报日期:2026年10月8日",
        "20261008",
        "2026.10.8",
        "统一编码:440783117000",
        "电话:13820263456",
        "四季村",
        "20__年__季度",
        "1500册",
    ],
)
def test_no_evidence(text: str) -> None:
    assert quarters_in(text) == (frozenset(), frozenset())

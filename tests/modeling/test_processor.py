"""Which processors a run takes bf16 on, by what the kernel tells of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stance.modeling import processor


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    processor._told.cache_clear()
    yield
    processor._told.cache_clear()


@pytest.mark.parametrize(
    ("vendor", "flags", "faster"),
    [
        ("GenuineIntel", "avx512f amx_tile amx_bf16 avx512_bf16", True),
        ("GenuineIntel", "avx512f avx512_bf16", False),
        ("AuthenticAMD", "avx512f avx512_bf16", True),
        ("AuthenticAMD", "avx2", False),
    ],
)
def test_bf16_is_taken_where_it_is_faster(
    vendor: str, flags: str, faster: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = f"processor\t: 0\nvendor_id\t: {vendor}\nmodel name\t: A: B\nflags\t\t: {flags}\n"
    told = tmp_path / "cpuinfo"
    told.write_text(f"{one}\n{one}", encoding="utf-8")
    monkeypatch.setattr(processor, "_TOLD", told)
    assert processor.processor_flags() == set(flags.split())
    assert processor.trains_faster_in_bf16() is faster


def test_where_nothing_tells_fp32_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processor, "_TOLD", tmp_path / "none")
    assert processor.processor_flags() == set()
    assert not processor.trains_faster_in_bf16()

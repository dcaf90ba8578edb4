from __future__ import annotations

from pathlib import Path

import pytest

from carbonplan.technology.embodied.page import BEGIN, END, rewrite

PAGE = Path(__file__).resolve().parents[3] / "docs" / "embodied.md"


def test_the_page_is_as_make_docs_writes_it(tmp_path):
    copy = tmp_path / "embodied.md"
    written = PAGE.read_text(encoding="utf-8")
    copy.write_text(written, encoding="utf-8")
    rewrite(copy)
    assert copy.read_text(encoding="utf-8") == written


def test_only_the_tables_are_rewritten(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    rewrite(page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n\n| accelerator | act-2022 |")
    assert text.endswith(f"|\n\n{END}\nafter\n")
    assert "old" not in text


def test_a_page_without_markers_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("prose\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no markers"):
        rewrite(page)
    assert page.read_text(encoding="utf-8") == "prose\n"

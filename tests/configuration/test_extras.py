"""Extras: what their hints say is what the package's metadata says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from spearmint_fp import MissingExtraError
from spearmint_fp.configuration.extras import PACKAGES, require

ROOT = Path(__file__).parent.parent.parent
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


def expanded(extra: str) -> list[str]:
    """The packages of an extra, those of the extras in it too."""
    found: list[str] = []
    for one in EXTRAS[extra]:
        inner = re.fullmatch(r"spearmint_fp\[(.+)\]", one)
        found += [one] if inner is None else [p for name in inner[1].split(",") for p in expanded(name)]
    return found


@pytest.mark.parametrize("extra", PACKAGES)
def test_a_hint_names_the_packages_that_the_extra_has(extra: str) -> None:
    assert [*PACKAGES[extra]] == expanded(extra)
    names = " ".join(f"'{package}'" for package in PACKAGES[extra])
    with pytest.raises(MissingExtraError) as raised:
        require("no_such_module", extra=extra, what="it")
    assert str(raised.value) == (
        f"it needs a package that is not installed (no_such_module): pip install 'spearmint_fp[{extra}]', "
        f"or by name: pip install {names}"
    )


def test_every_extra_that_the_library_asks_for_has_a_hint() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "spearmint_fp").rglob("*.py"))
    asked = set(re.findall(r"""(?:extra=|suggest_install\()['"](\w+)['"][,)]""", source))
    assert (asked | {"pandas", "polars"}) - {"ignore"} == {*PACKAGES}

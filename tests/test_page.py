"""The user's page, block by block, word for word: what it prints, and what its comments say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from spearmint_fp import Config, ConversionError, DynamicValue, Spearmint, Sweep, expand
from spearmint_fp import configuration as room

from .snippets import blocks, promised, run

PAGE = Path(__file__).parent.parent / "docs" / "how-to" / "parameter-sweeps.md"
BLOCKS = blocks(PAGE)


def through(number: int) -> tuple[dict[str, Any], str]:
    """The names after running the page's blocks up to this one, and what this one printed."""
    names: dict[str, Any] = {}
    printed = ""
    for block in BLOCKS[: number + 1]:
        printed = run(block, names)
    return names, printed


def block_with(text: str) -> int:
    (found,) = [number for number, block in enumerate(BLOCKS) if text in block]
    return found


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_block_runs_and_prints_what_it_promises(number: int) -> None:
    _, printed = through(number)
    assert printed.splitlines() == promised(BLOCKS[number])


def test_the_page_is_whole() -> None:
    assert len(BLOCKS) == 1 + 15  # the first is ours: `expand` and `run`
    assert "import DynamicValue, expand, run" in BLOCKS[0]
    assert sum(map(len, map(promised, BLOCKS[1:]))) == 9


SIZES = {
    "# Automatically generates 2": 6,
    "# 1, 3, 5, 7, 9": 15,
    "def temperature_values": 9,
    "# Generates 2": 18,
    "# Start with 2": 4,
    "# This creates 3": 600,
    "# Creates 3 × 3 × 3": 27,
    "# Creates 3 configurations": 3,
    "# Creates 11 configurations": 11,
}


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_the_sizes_that_comments_tell(text: str, size: int) -> None:
    names, _ = through(block_with(text))
    mint = Spearmint(configs=names["configs"])
    assert len(mint.configs) == size == mint.configs.size
    assert len(list(mint.configs)) == size


def test_the_manual_list_is_the_solution() -> None:
    manual, _ = through(block_with("# Manual approach"))
    swept, _ = through(block_with("# Automatically generates 2"))
    assert list(swept["mint"].configs) == manual["configs"]


def test_how_it_works_expands_to_the_four() -> None:
    block = BLOCKS[block_with("# Expands to 4 configurations:")]
    before, after = block.split("# Expands to 4 configurations:")
    names = {"DynamicValue": DynamicValue}
    tree, expected = eval(before, names), eval(after, names)
    assert list(expand(tree)) == expected


def test_ranges_and_generators_give_their_values() -> None:
    names, _ = through(block_with("# 1, 3, 5, 7, 9"))
    assert list(names["configs"][0]["temperature"]) == [1, 3, 5, 7, 9]
    names, _ = through(block_with("def temperature_values"))
    assert [c.temperature for c in expand(names["configs"][0])] == [i / 10 for i in range(1, 10)]


def test_a_generator_can_be_expanded_twice() -> None:
    tree = {"temperature": DynamicValue(i / 10 for i in range(1, 10))}
    assert list(expand(tree)) == list(expand(tree))
    assert Spearmint(configs=[tree]).configs == Spearmint(configs=[tree]).configs
    assert len(Spearmint(configs=[tree]).configs) == 9


def test_the_count_needs_no_enumeration() -> None:
    mint = Spearmint(configs=[{f"param{i}": DynamicValue(range(10)) for i in range(18)}])
    assert len(mint.configs) == 10**18
    assert isinstance(mint.configs, Sweep)


def test_the_pydantic_block_validates_and_types() -> None:
    names, _ = through(block_with("from pydantic import BaseModel, Field"))
    mint = Spearmint(configs=names["configs"])
    seen: list[Any] = []

    def generate(config: BaseModel) -> str:
        seen.append(config)
        return config.model  # type: ignore[attr-defined, no-any-return]  # the page's own model

    generate.__annotations__["config"] = names["ModelConfig"]
    with Spearmint.run(mint.experiment()(generate), await_variants=True) as runner:
        result = runner()
    outcomes = [result.main_result, *result.variant_results]
    assert [outcome.result for outcome in outcomes] == ["gpt-4"] * 3 + ["gpt-3.5"] * 3
    assert all(type(config) is names["ModelConfig"] for config in seen)


def test_a_value_that_the_model_refuses_is_a_failure_that_names_it() -> None:
    names, _ = through(block_with("from pydantic import BaseModel, Field"))
    mint = Spearmint(configs=[{"model": "gpt-4", "temperature": DynamicValue([0.1, 3.5])}])

    def generate(config: Any) -> str:
        return str(config.model)

    generate.__annotations__["config"] = names["ModelConfig"]
    with Spearmint.run(mint.experiment()(generate), await_variants=True) as runner:
        result = runner()
    assert result.main_result.ok
    (variant,) = result.variant_results
    assert not variant.ok
    with pytest.raises(ConversionError, match=r"parameter 'config'.*temperature.*3\.5"):
        _ = variant.result


def test_the_page_s_names_are_in_its_rooms() -> None:
    assert room.DynamicValue is DynamicValue
    assert room.Config is Config

"""Outcomes: one value per configuration, whatever its function did."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from spearmint_fp import Config, Failure, Success, config_id
from spearmint_fp.outcomes.outcomes import ErrorInfo, Outcome
from spearmint_fp.tasks.attempts import run_attempt


def halved(n: int) -> float:
    return 10 / n


def test_an_error_that_did_not_survive_is_told_of() -> None:
    lost = Failure(1, ErrorInfo("lib.CustomError", "bad", "Traceback: ..."))
    with pytest.raises(RuntimeError, match=r"lib\.CustomError: bad"):
        _ = lost.result


def test_errors_without_a_message() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    def fail(_: int) -> None:
        raise Mute

    outcome = run_attempt(fail, 1, index=0)
    assert isinstance(outcome, Failure)
    assert "message cannot be read" in outcome.error.message
    assert "Mute" in outcome.error.type


def test_matching_is_exhaustive() -> None:
    def told(outcome: Outcome[int, float]) -> str:
        match outcome:
            case Success(config, result):
                return f"{config}: {result}"
            case Failure(config, error):
                return f"{config}: {error.type}"

    assert [told(run_attempt(halved, n, index=0)) for n in (4, 0)] == ["4: 2.5", "0: ZeroDivisionError"]


def test_outcomes_are_frozen_values() -> None:
    outcome: Any = run_attempt(halved, 4, index=0)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        outcome.result = 5
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    assert Success(1, 2, seconds=1.0) == Success(1, 2, seconds=2.0)
    assert Success(Config({"a": 1}), 2).config_id == config_id({"a": 1})
    assert Failure(Config({"a": 1}), ErrorInfo("E", "", "")).config_id == config_id({"a": 1})


def test_an_exception_that_survives_is_kept() -> None:
    back = pickle.loads(pickle.dumps(run_attempt(halved, 0, index=0)))
    with pytest.raises(ZeroDivisionError):
        _ = back.result

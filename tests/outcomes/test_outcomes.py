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


EARLIER = (
    b"\x80\x04\x95a\x01\x00\x00\x00\x00\x00\x00]\x94(\x8c\x1dspearmint_fp.running.outcomes\x94\x8c\x07Success\x94\x93\x94)\x81"
    b"\x94}\x94(\x8c\x06config\x94\x8c\x1fspearmint_fp.configuration.tree\x94\x8c\x0e_thawed_con"
    b"fig\x94\x93\x94h\x07\x8c\x06Layout\x94\x93\x94\x8c\x01a\x94\x85\x94\x85\x94R\x94K\x01\x85\x94\x86\x94R\x94\x8c\x06result\x94K\x01\x8c\x05index\x94K\x00\x8c\x07"
    b"seconds\x94G?\xe0\x00\x00\x00\x00\x00\x00\x8c\x08attempts\x94K\x01\x8c\x08replayed\x94\x89\x8c\x07configs\x94h\th\x0b)\x85\x94R"
    b"\x94)\x86\x94R\x94ubh\x01\x8c\x07Failure\x94\x93\x94)\x81\x94}\x94(h\x06h\th\x0fK\x02\x85\x94\x86\x94R\x94\x8c\x05error\x94h\x01\x8c\tErrorI"
    b"nfo\x94\x93\x94(\x8c\nValueError\x94\x8c\x03two\x94\x8c\x00\x94Nt\x94R\x94h\x14K\x01h\x15G?\xe0\x00\x00\x00\x00\x00\x00h\x16K\x01h\x17\x89h\x18h\x1c"
    b"ube."
)


def test_outcomes_of_earlier_versions_open() -> None:
    success, failure = pickle.loads(EARLIER)
    assert success == Success(Config({"a": 1}), 1, index=0, seconds=0.5)
    assert failure == Failure(Config({"a": 2}), ErrorInfo("ValueError", "two", ""), index=1, seconds=0.5)

"""Errors: their names, and what is left of them in pickles."""

from __future__ import annotations

import pickle

import pytest

import spearmint_fp
from spearmint_fp import SpearmintError, TaskTimeoutError
from spearmint_fp.configuration import errors

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SpearmintError)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_named_as_it_is_imported(kind: type[SpearmintError]) -> None:
    assert repr(kind) == f"<class 'spearmint_fp.{kind.__name__}'>"
    assert getattr(spearmint_fp, kind.__name__) is kind
    copied = pickle.loads(pickle.dumps(kind("a.b: no such thing")))
    assert (type(copied), str(copied), copied.args) == (kind, "a.b: no such thing", ("a.b: no such thing",))


def test_pickles_that_name_the_module_of_an_error_open() -> None:
    old = b"cspearmint_fp.configuration.errors\nTaskTimeoutError\n(S'too long'\ntR."
    assert type(pickle.loads(old)) is TaskTimeoutError

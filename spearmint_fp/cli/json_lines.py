"""Values and outcomes as lines of JSON, for programs that read them: nothing is refused."""

from __future__ import annotations

import json
from typing import Any

from ..configuration.errors import SpearmintError
from ..configuration.messages import repr_with_type
from ..journal.encoding import encode_config
from ..outcomes.outcomes import Outcome, Success


def encode_line(value: Any) -> str:
    """A value as JSON on one line: as `unstructure` has it, and what JSON has no word for as `{"$float": "nan"}`.

    Anything else is `{"$text": …}` with its `repr`, shortened.

    >>> print(encode_line({"n": (1, float("nan")), "of": object}))
    {"n":[1,{"$float":"nan"}],"of":{"$text":"<class 'object'> (type)"}}
    """
    try:
        return encode_config(value)
    except (SpearmintError, RecursionError):  # no tree: it contains itself, or is very deep
        return json.dumps({"$text": repr_with_type(value)})


def encode_outcome(outcome: Outcome[Any, Any], index: int, *, traceback: bool = False, **head: str) -> str:
    """An outcome as a JSON object on one line, with the index that it has where it is shown; `head` comes first.

    >>> from spearmint_fp import run
    >>> print(encode_outcome(next(run(lambda n: 1 / n, [0])), 7).partition(', "seconds"')[0])
    {"index": 7, "config": 0, "ok": false, "error": {"type": "ZeroDivisionError", "message": "division by zero"}
    """
    if isinstance(outcome, Success):
        ending = f'"result": {encode_line(outcome.result)}'
    else:
        error = {"type": outcome.error.type, "message": outcome.error.message}
        ending = f'"error": {json.dumps(error | ({"traceback": outcome.error.traceback} if traceback else {}))}'
    start = json.dumps({**head, "index": index}).removesuffix("}")
    config = f'"config": {encode_line(outcome.config)}, "ok": {json.dumps(outcome.ok)}'
    tail = {"seconds": round(outcome.seconds, 6), "attempts": outcome.attempts, "replayed": outcome.replayed}
    return f"{start}, {config}, {ending}, {json.dumps(tail).removeprefix('{')}"

"""The words of messages: values, numbers and names as text of a readable length, whatever the values are."""

from __future__ import annotations

import contextlib
import re
import reprlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import reduce
from typing import Any, Final

MOST_LETTERS: Final = 4_000
"""How long the message of an error may be: a page; what stands in its middle is left out."""


def cut_text(text: str, most: int = MOST_LETTERS) -> str:
    """The text, without its middle where it is longer than a message should be."""
    if len(text) <= most:
        return text
    kept = most // 2 - 20
    return f"{text[:kept]}… {len(text) - 2 * kept:,} letters …{text[-kept:]}"


def cut_end(text: str, most: int) -> str:
    """The text, without its end where it is longer than `most` letters."""
    return text if len(text) <= most else f"{text[:most]}…"


def add_note(error: BaseException, label: str, text: str) -> None:
    """`error.add_note(label + text)`, in place of an earlier note of that label: an error may be raised many times."""
    with contextlib.suppress(Exception):  # an error whose notes are no list takes none
        notes = getattr(error, "__notes__", [])
        notes[:] = [old for old in notes if not str(old).startswith(label)]
        error.add_note(label + text)


class _ShortRepr(reprlib.Repr):
    """`reprlib.Repr`, also for numbers of more digits than Python writes out: no address stands in place of a range."""

    def repr_int(self, value: int, level: int) -> str:
        try:
            return super().repr_int(value, level)
        except ValueError:
            return format_count(value)

    def repr_range(self, value: range, level: int) -> str:
        with contextlib.suppress(ValueError):
            repr(value)  # what it can, also for another class of that name
            return self.repr_instance(value, level)
        numbers = (value.start, value.stop, value.step)[: 2 if value.step == 1 else 3]
        return f"range({', '.join(self.repr1(number, level) for number in numbers)})"


_SHORT = _ShortRepr()
_SHORT.maxdict = _SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxfrozenset = 6
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlong = 60


def short_repr(value: object) -> str:
    """The value's `repr`, cut to a readable length, also where `repr` itself fails."""
    try:
        return _SHORT.repr(value)
    except Exception:  # a hostile __repr__ must not hide the error that it is named in
        return f"<{type(value).__qualname__}>"


def full_repr(value: object) -> str:
    """The value's `repr`, whole; `short_repr` where `repr` fails, as for a number of more than 4300 digits."""
    try:
        return repr(value)
    except Exception:
        return short_repr(value)


def repr_with_type(value: object) -> str:
    """`'gpt-4' (str)`: a value and its type, as messages name them."""
    return f"{short_repr(value)} ({type(value).__qualname__})"


_OBEYED: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def escape_controls(text: str, keep: str = "") -> str:
    r"""The text with the characters that a terminal would obey spelled out, apart from ends of lines and tabs.

    >>> escape_controls("runs\x1b[2J.db")
    'runs\\x1b[2J.db'
    """
    return _OBEYED.sub(lambda found: found[0] if found[0] in keep else found[0].encode("unicode_escape").decode(), text)


def format_count(number: int) -> str:
    """A whole number for a message: its digits, or a power of ten where they fill a page."""
    if number.bit_length() < 256:
        return str(number)
    digits = round((number.bit_length() - 0.5) * 0.30102999566398120)
    return f"about {'-' if number < 0 else ''}10^{digits}"


def group_digits(number: int) -> str:
    """A whole number for a report: its digits in groups of three, or a power of ten where they fill a page."""
    return f"{number:,}" if number.bit_length() < 256 else format_count(number)


def list_words(words: Sequence[str]) -> str:
    """`a, b, c`: words for a message, the first dozen of them."""
    more = f", … and {len(words) - 12:,} more" if len(words) > 12 else ""  # a dozen
    return ", ".join(words[:12]) + more


def suggest_names(step: object, known: Iterable[Hashable], spell: Callable[[Any], Any] | None = None) -> str:
    """`; did you mean 'temperature'?` or the known names, for the end of a message; `spell` writes each."""
    names = tuple(known)
    if type(step) is str and len(step) < 100:  # nobody writes a very long word by mistake
        from difflib import get_close_matches  # for errors alone

        for close in get_close_matches(step, [key for key in names if type(key) is str], n=1):
            return f"; did you mean {short_repr(spell(close) if spell else close)}?"
    shown = map(spell, names[:12]) if spell else names[:12]
    return f"; there is: {', '.join(map(short_repr, shown))}" if names else "; it is empty"


def suggest_keys(step: object, known: Iterable[Hashable]) -> str:
    """`suggest_names(step, known)` for the keys of a mapping, among which a key with a dot in it is a mistake too."""
    names = tuple(known)
    return (_explain_dots(step, names) if type(step) is str else "") or suggest_names(step, names)


def _explain_dots(step: str, names: tuple[Hashable, ...]) -> str:
    """The words about a key with a dot in it that stands, or is looked for, in the place of a nested one."""
    words = [key for key in names if type(key) is str]
    dotted = [key for key in words if "." in key]
    for whole in dotted:
        if whole.startswith(f"{step}."):
            return f"; there is the key {short_repr(whole)}, with a dot in it: nested, it is {nest_key(whole)}"
    if step.partition(".")[0] in words and not dotted:
        return f"; with a dot it is one key: nested, it is {nest_key(step)}, read with get_in"
    return ""


def nest_key(key: str) -> str:
    """`{'llm': {'model': ...}}` for `llm.model`."""
    return reduce(lambda inside, step: f"{{{short_repr(step)}: {inside}}}", reversed(key.split(".", 8)), "...")


class Missing:
    """The message of a missing key, written when it is read: most such errors are caught, and never shown."""

    __slots__ = ("known", "step", "text")

    def __init__(self, text: str, step: object, known: tuple[Hashable, ...]) -> None:
        self.text, self.step, self.known = text, step, known

    def __str__(self) -> str:
        return cut_text(self.text + suggest_keys(self.step, self.known))

    __repr__ = __str__

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)

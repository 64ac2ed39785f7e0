"""Every public name of `spearmint_fp`, with the functions that take data last curried, for pipes.

>>> from toolz import pipe
>>> from spearmint_fp.curried import DynamicValue, constrain, expand, mapped, sample
>>> pipe(
...     {"a": DynamicValue(range(100)), "b": DynamicValue(range(100))},
...     expand,
...     constrain(lambda a, b: a + b == 50, on=("a", "b")),
...     sample(3, seed=1),
...     mapped(lambda config: config.a + config.b),
...     list,
... )
[50, 50, 50]

Nothing is written down twice: which functions are curried is read off their signatures (`takes_data_last`), and each is
made when its name is first asked for (PEP 562). Their types for type checkers stand in `curried.pyi`.
"""

import inspect
from collections.abc import Callable
from functools import cache, partial
from types import FunctionType
from typing import Any, Final, final

from toolz import curry

import spearmint_fp

from .configuration.calls import make_call_error

__all__ = [*dir(spearmint_fp)]  # noqa: PLE0604  # they are strings

DATA: Final = frozenset({"config", "configs", "outcomes", "sweep", "tree"})
"""The names of the argument that flows through a pipe."""


@final
class Curried(curry):  # type: ignore[misc]  # toolz has no types
    """`toolz.curry(fn)`, called as soon as nothing is missing that has no default and may be given by position.

    It decides by the signature of the function, where toolz tries a call first: an option that the function needs is
    asked for when the data is there, and one that it does not have is an error at once, which shows the signature.

    >>> from spearmint_fp import DynamicValue, expand
    >>> three = Curried(spearmint_fp.sample)(3, seed=1)
    >>> three
    sample(3, ..., seed=1)
    >>> three(expand({"n": DynamicValue(range(10**30))})).size
    3

    Raises:
        ArgumentError: arguments that no others can make a call of; says the signature.
    """

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        given = {**self.keywords, **kwargs}
        if all(name in given for name in _list_required(self.func)[len(self.args) + len(args) :]):
            return self.func(*self.args, *args, **given)
        more = self.bind(*args, **kwargs)
        try:
            inspect.signature(more.func).bind_partial(*more.args, **more.keywords)
        except TypeError:
            raise make_call_error(more.func, more.args, more.keywords) from None
        return more

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(partial(self.func, *self.args, **self.keywords))

    def __reduce__(self) -> Any:
        return _restore, (self.func, self.args, self.keywords)

    def __repr__(self) -> str:  # with dots for the arguments that are missing
        keywords = (f"{name}={value!r}" for name, value in self.keywords.items())
        return f"{self.func.__name__}({', '.join((*map(repr, self.args), '...', *keywords))})"

    __str__ = __repr__


def _restore(fn: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Curried:
    return Curried(fn, *args, **keywords)


@cache
def _list_required(fn: Callable[..., Any]) -> tuple[str, ...]:
    """The arguments that may be given by position and have no default, in their order."""
    parameters = inspect.signature(fn).parameters.values()
    return tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty)


def takes_data_last(value: Any) -> bool:
    """True for a function that takes the data as its last argument by position, and something besides.

    >>> [takes_data_last(getattr(spearmint_fp, name)) for name in ("sample", "shuffled", "run", "label")]
    [True, True, True, True]
    >>> [takes_data_last(getattr(spearmint_fp, name)) for name in ("expand", "product", "threads", "retrying", "Sweep")]
    [False, False, False, False, False]
    """
    if not isinstance(value, FunctionType):
        return False
    needed, parameters = _list_required(value), inspect.signature(value).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):  # of any number of sweeps none comes last
        return False
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return len(parameters) > 1 and positional == [*needed] != [] and needed[-1] in DATA


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    plain = getattr(spearmint_fp, name)
    value = globals()[name] = Curried(plain) if takes_data_last(plain) else plain
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Branch strategies: which configuration of an experiment is main, and which run beside it as variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any, Final

from ..configuration.choices import DynamicValue
from ..configuration.errors import ArgumentError, ExperimentError, IdentityError, PositionError
from ..configuration.identity import encode_tree
from ..configuration.late import hashlib
from ..configuration.messages import format_count, repr_with_type, short_repr, suggest_names
from ..sweep.combine import concat, empty
from ..sweep.core import Sweep, as_sweep, require_expanded_sweep
from ..sweep.expansion import expand

BranchStrategy = Callable[[Sweep[Any], Mapping[str, Any]], tuple[Any, Iterable[Any]]]
"""`strategy(configs, context) -> (main, variants)`: a configuration, and a sweep or an iterable of others."""


def shadow(configs: Sweep[Any], context: Mapping[str, Any]) -> tuple[Any, Sweep[Any]]:  # noqa: ARG001
    """`(configs[0], configs[1:])`: the first is main, all others are variants. What an experiment does by default.

    >>> from spearmint_fp import DynamicValue, expand
    >>> main, variants = shadow(expand({"n": DynamicValue([1, 2, 3])}), {})
    >>> main, list(variants)
    (Config({'n': 1}), [Config({'n': 2}), Config({'n': 3})])

    Raises:
        PositionError: there are no configurations.

    See also: `single`, without variants; `round_robin` and `sticky`, which take turns.
    """
    return configs[0], configs[1:]


def single(configs: Sweep[Any], context: Mapping[str, Any]) -> tuple[Any, Sweep[Any]]:  # noqa: ARG001
    """`(configs[0], empty)`: the first is main, and there are no variants.

    >>> from spearmint_fp import DynamicValue, expand
    >>> main, variants = single(expand({"n": DynamicValue([1, 2, 3])}), {})
    >>> main, list(variants)
    (Config({'n': 1}), [])

    Raises:
        PositionError: there are no configurations.

    See also: `shadow`.
    """
    return configs[0], empty


def round_robin(*, variants: bool = False) -> BranchStrategy:
    """A strategy that makes each configuration main in turn: `configs[k % size]` for the k-th call.

    The turn is the strategy's own state, shared by all threads of this process and by all experiments that are given
    the same value. With `variants` the others run beside it, else nothing does.

    >>> from spearmint_fp import DynamicValue, expand
    >>> strategy, configs = round_robin(), expand({"n": DynamicValue([1, 2])})
    >>> [strategy(configs, {})[0].n for _ in range(5)]
    [1, 2, 1, 2, 1]

    Raises:
        ArgumentError: `variants` is neither True nor False; when it is called, and the configurations are no sweep.
        PositionError: when it is called, and there are no configurations.

    See also: `sticky`, where one user always gets the same.
    """
    _require_flag(variants)
    turns = count()

    def strategy(configs: Sweep[Any], context: Mapping[str, Any]) -> tuple[Any, Sweep[Any]]:  # noqa: ARG001
        configs = _require_configs(configs, "round_robin()")
        return _take_main(next(turns) % configs.size, configs, variants)

    return strategy


def sticky(key: str | Callable[[Mapping[str, Any]], Any], *, salt: str = "", variants: bool = False) -> BranchStrategy:
    """A strategy that picks main by a value of the context: `configs[stable_hash(context[key]) % size]`.

    Equal values get the same configuration, in every process, on every machine, under every Python; different values
    are spread evenly. `key` names a value of `runtime_context`, or is a function of the whole context. Give
    experiments that must not go together different `salt`s. With `variants` the others run beside it,
    else nothing does.

    >>> from spearmint_fp import DynamicValue, expand
    >>> strategy, configs = sticky("user_id"), expand({"button": DynamicValue(["red", "green"])})
    >>> [strategy(configs, {"user_id": user})[0].button for user in ("ada", "bob", "cy", "dee", "ada")]
    ['red', 'green', 'green', 'red', 'red']

    Raises:
        ArgumentError: `key` is neither text nor a function; when it is called, and the configurations are no sweep.
        PositionError: when it is called, and there are no configurations.
        ExperimentError: when it is called, and the context has no such value, or one that cannot be told from
            another in another process; says how to set it.

    See also: `runtime_context`; `round_robin`.

    Source: deterministic assignment by hashing, as in Kohavi, Longbotham, Sommerfield and Henne, "Controlled
    experiments on the web" (2009).
    """
    if not isinstance(key, str) and not callable(key):
        raise ArgumentError(
            f"sticky takes the name of a value of the context, or a function of it; got {repr_with_type(key)}"
        )
    if not isinstance(salt, str):
        raise ArgumentError(f"salt is a text; got {repr_with_type(salt)}")
    _require_flag(variants)

    def strategy(configs: Sweep[Any], context: Mapping[str, Any]) -> tuple[Any, Sweep[Any]]:
        configs = _require_configs(configs, "sticky(key)")
        if callable(key):
            value = key(context)
        elif key in context:
            value = context[key]
        else:
            raise ExperimentError(
                f"sticky decides by {key!r}, which the context does not have{suggest_names(key, context)}. "
                f"Call inside `with runtime_context({key}=...)`"
            )
        try:
            content = encode_tree([salt, value])
        except IdentityError as error:
            raise ExperimentError(f"sticky cannot decide by {repr_with_type(value)}: {error}") from error
        # the text before the content gives the assignment a version of its own: it must never change
        digest = hashlib.sha256(b"spearmint_fp sticky 1\n" + content).digest()
        return _take_main(int.from_bytes(digest, "big") % configs.size, configs, variants)

    return strategy


def _require_flag(variants: Any) -> None:
    if not isinstance(variants, bool):
        raise ArgumentError(f"variants says whether the others run too, True or False; got {repr_with_type(variants)}")


def _require_configs(configs: Any, maker: str) -> Sweep[Any]:
    """The sweep; a strategy of the user's own may have selected none of it, which leaves nothing to take turns in."""
    sweep = as_sweep(configs, maker)
    if not sweep.size:
        raise PositionError(f"{maker} has no configuration to choose: the sweep is empty. Give it at least one")
    return sweep


def _take_main(position: int, configs: Sweep[Any], variants: bool) -> tuple[Any, Sweep[Any]]:
    """The configuration at a position, and all others if they run as variants."""
    others = concat(configs[:position], configs[position + 1 :]) if variants else empty
    return configs[position], others


# --- asking a strategy ---------------------------------------------------------------------------------


def require_strategy(strategy: Any) -> BranchStrategy | None:
    """`branch_strategy=`: a function, or None for the default."""
    if strategy is None or (callable(strategy) and not isinstance(strategy, type)):
        if strategy in _MAKERS:
            raise ArgumentError(f"{short_repr(strategy)} makes a strategy: write {_MAKERS[strategy]}")
        checked: BranchStrategy | None = strategy
        return checked
    raise ArgumentError(
        f"branch_strategy is a function (configs, context) -> (main, variants), such as single or round_robin(); "
        f"got {repr_with_type(strategy)}"
    )


_MAKERS: Final[Mapping[Any, str]] = {round_robin: "round_robin()", sticky: "sticky('user_id')"}


def choose_branches(strategy: BranchStrategy, configs: Sweep[Any], context: Mapping[str, Any]) -> Sweep[Any]:
    """The choice of a strategy as a sweep: main, then the variants, of which nothing is enumerated."""
    if strategy is shadow:  # main and variants together are what there is
        return require_expanded_sweep(configs)
    chosen = strategy(configs, context)
    if not isinstance(chosen, tuple) or len(chosen) != 2:
        raise ExperimentError(f"{_name_strategy(strategy)} gives (main, variants); it gave {repr_with_type(chosen)}")
    main, variants = chosen
    first = expand(DynamicValue([main]))
    if first.size != 1:
        raise ExperimentError(
            f"{_name_strategy(strategy)} gives one configuration as main; it gave {repr_with_type(main)}, which "
            f"stands for {format_count(first.size)}"
        )
    if not isinstance(variants, Sweep):
        if isinstance(variants, str | bytes | Mapping) or not isinstance(variants, Iterable):
            raise ExperimentError(
                f"{_name_strategy(strategy)} gives its variants as a sweep or a list of configurations; it gave "
                f"{repr_with_type(variants)}"
            )
        values = tuple(variants)
        variants = expand(DynamicValue(values)) if values else empty
    return concat(first, require_expanded_sweep(variants))


def _name_strategy(strategy: Any) -> str:
    return f"the branch strategy {getattr(strategy, '__qualname__', short_repr(strategy))}"

"""The result of one call of a runner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, final

import attrs

if TYPE_CHECKING:
    from ..outcomes.outcomes import Outcome

T_co = TypeVar("T_co", covariant=True)


@final
@attrs.frozen
class ExperimentResult(Generic[T_co]):
    """The outcome of the main configuration, and those of the variants in order.

    Where the runner does not await variants, `variant_results` is there at once. Each outcome is waited for when it is
    asked for; under `arun`, where waiting would stop the event loop, one that is not there yet is an error.

    >>> from spearmint_fp import Config, DynamicValue, Spearmint, experiment
    >>> @experiment(configs=[{"n": DynamicValue([1, 2, 3])}])
    ... def square(config: Config) -> int:
    ...     return config.n**2
    >>> with Spearmint.run(square, await_variants=True) as runner:
    ...     result = runner()
    >>> result.main_result.result, [variant.result for variant in result.variant_results]
    (1, [4, 9])
    """

    main_result: Outcome[Any, T_co]
    variant_results: Sequence[Outcome[Any, T_co]]

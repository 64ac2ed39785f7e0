"""Injection: which parameters take the configuration."""

from __future__ import annotations

import asyncio
import functools
import inspect
import pickle
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, TypedDict

import attrs
import msgspec
import pytest
import toolz
from pydantic import BaseModel, Field

from spearmint_fp import ArgumentError, Bind, Config, ConversionError, inject


@attrs.frozen
class Llm:
    model: str
    temperature: float = attrs.field(default=0.5, validator=attrs.validators.le(2))


@dataclass
class Settings:
    llm: Llm
    n: int = 1


class Model(BaseModel):
    model: str
    temperature: float = Field(ge=0.0, le=2.0)


CONFIG = Config({"llm": {"model": "gpt-4", "temperature": 1}, "n": 2})


def whole(config: Config) -> Any:
    return config


def test_a_config_is_given_as_it_is() -> None:
    assert inject(whole)(CONFIG) is CONFIG
    assert isinstance(inject(whole)({"a": 1}), Config)


def test_typed_parameters_are_converted() -> None:
    def typed(settings: Settings) -> Any:
        return settings

    assert inject(typed)(CONFIG) == Settings(Llm("gpt-4", 1.0), 2)
    assert inject(typed)(Settings(Llm("x"))) == Settings(Llm("x"))


def test_bound_parameters_take_a_part() -> None:
    def bound(
        llm: Annotated[Llm, Bind("llm")],
        name: Annotated[str, Bind("llm.model")],
        model: Annotated[Model, Bind(("llm",))],
        missing: Annotated[Optional[Llm], Bind("other.llm")],  # noqa: UP045
        config: Config,
    ) -> Any:
        return llm, name, model, missing, config

    expected = (Llm("gpt-4", 1.0), "gpt-4", Model(model="gpt-4", temperature=1.0), None, CONFIG)
    assert inject(bound)(CONFIG) == expected


def test_other_arguments_are_the_caller_s() -> None:
    def mixed(
        a: int, config: Config, b: int, /, c: int = 3, *rest: int, d: int, llm: Llm | None = None, **more: int
    ) -> Any:
        return a, config, b, c, rest, d, llm, more

    given = inject(mixed)
    llm = Llm("given")
    assert given(CONFIG, 1, 2, d=4, llm=llm) == (1, CONFIG, 2, 3, (), 4, llm, {})
    assert given(CONFIG, 1, 2, 5, 6, 7, d=4, llm=None, z=9) == (1, CONFIG, 2, 5, (6, 7), 4, None, {"z": 9})
    assert list(given.signature.parameters) == ["a", "b", "c", "rest", "d", "more"]


def test_callables_of_every_kind() -> None:
    class Service:
        factor = 10

        def method(self, config: Config, x: int) -> int:
            return int(config.n * x * self.factor)

        @classmethod
        def made(cls, config: Config) -> int:
            return int(config.n * cls.factor)

        @staticmethod
        def plain(config: Config) -> int:
            return int(config.n)

        def __call__(self, config: Config) -> str:
            return f"called with {config.n}"

    service = Service()
    assert inject(service.method)(CONFIG, 3) == 60
    assert inject(service.made)(CONFIG) == 20
    assert inject(Service.plain)(CONFIG) == 2
    assert inject(service)(CONFIG) == "called with 2"
    assert inject(functools.partial(service.method, x=5))(CONFIG) == 100
    assert inject(lambda x: x)(CONFIG, 5) == 5
    assert inject(inject(whole))(CONFIG) is CONFIG


def test_local_classes_named_by_text() -> None:
    @attrs.frozen
    class Local:
        n: int
        llm: Any = None

    def local(local: Local) -> Any:
        return local.n

    assert inject(local)(CONFIG) == 2


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"llm": {"model": 5, "temperature": "hot"}, "m": 1}, None),
        ({"llm": {"model": "x", "temperature": 1}, "n": True}, r"n: expected int, got True \(bool\)"),
        ({"llm": {"model": "x", "temperature": 1}, "n": "3"}, r"n: expected int, got '3' \(str\)"),
        ({"llm": {"model": "x", "temperature": 9}}, r"llm.*'temperature' must be <= 2"),
        ({"n": 1}, "llm: missing"),
        (5, "is not a valid Settings: expected a mapping for Settings, got 5"),
    ],
)
def test_what_does_not_convert_names_function_parameter_path_and_value(config: Any, message: str | None) -> None:
    def typed(settings: Settings) -> None: ...

    with pytest.raises(ConversionError, match=r"typed\(\): parameter 'settings'") as caught:
        inject(typed)(config)
    if message is None:
        text = str(caught.value)
        assert "llm.model: expected str, got 5 (int)" in text
        assert "llm.temperature: expected float, got 'hot' (str)" in text
        assert "m: no such field; there is: 'llm', 'n'" in text
    else:
        assert caught.match(message)


def test_pydantic_s_errors_take_the_same_form() -> None:
    def typed(model: Model) -> None: ...

    with pytest.raises(
        ConversionError, match=r"not a valid Model: temperature: must be less than or equal to 2, got 9 \(int\)"
    ):
        inject(typed)({"model": "x", "temperature": 9})


def test_a_missing_path_is_an_error() -> None:
    def bound(x: Annotated[int, Bind("llm.size")]) -> None: ...

    with pytest.raises(ConversionError, match=r"bound\(\): parameter 'x' takes llm\.size: no 'size' at llm"):
        inject(bound)(CONFIG)


@pytest.mark.parametrize("bad", [None, 5, "f"])
def test_it_takes_functions(bad: Any) -> None:
    with pytest.raises(ArgumentError, match="inject takes a function"):
        inject(bad)


def test_names_that_cannot_be_read_are_told_of() -> None:
    def unread(config: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(ArgumentError, match="name 'Missing' is not defined"):
        inject(unread)


def test_an_injected_function_pickles() -> None:
    assert pickle.loads(pickle.dumps(inject(whole)))(CONFIG) == CONFIG
    assert "config" not in inspect.signature(whole).replace(parameters=[]).parameters


# --- what hostile testing found ----------------------------------------------------------------------------


def test_names_for_type_checkers_alone_are_the_caller_s() -> None:
    def f(config: Config, frame: pandas.DataFrame) -> polars.Frame:  # type: ignore[name-defined]  # noqa: F821
        return config, frame

    assert inject(f)(CONFIG, 5) == (CONFIG, 5)


def test_positional_only_parameters() -> None:
    def alone(config: Config, /) -> Any:
        return config

    def after(x: int, config: Config, /, y: int = 2) -> Any:
        return x, config.n, y

    assert inject(alone)(CONFIG) == CONFIG
    assert inject(after)(CONFIG, 1) == (1, 2, 2)
    assert inject(after)(CONFIG, 1, 5) == (1, 2, 5)


def test_variadic_parameters_are_the_caller_s() -> None:
    def f(config: Config, *configs: Config, **named: Config) -> Any:
        return configs, named

    assert inject(f)(CONFIG) == ((), {})
    assert inject(f)(CONFIG, 1, k=2) == ((1,), {"k": 2})


def test_bound_scalars_and_containers_are_converted() -> None:
    def f(
        n: Annotated[int, Bind("n")], sizes: Annotated[list[int], Bind("sizes")], any: Annotated[Any, Bind("n")]
    ) -> Any:
        return n, sizes, any

    assert inject(f)({"n": 1, "sizes": (1, 2)}) == (1, [1, 2], 1)
    with pytest.raises(ConversionError, match=r"parameter 'n' is not a valid int: n: expected int, got 'x' \(str\)"):
        inject(f)({"n": "x", "sizes": ()})


def test_typed_dicts() -> None:
    class Llm2(TypedDict):
        model: str

    def f(llm: Annotated[Llm2, Bind("llm")], whole: Llm2 | None = None) -> Any:
        return llm

    assert inject(f)({"llm": {"model": "x"}, "model": "y"}, whole=None) == {"model": "x"}


def test_what_a_partial_binds_stays_bound() -> None:
    own = Config({"own": 1})
    assert inject(functools.partial(whole, config=own))(CONFIG) is own


def test_local_classes_of_an_outer_function() -> None:
    @attrs.frozen
    class Outer:
        n: int
        llm: Any

    def decorate() -> Any:
        def f(outer: Outer) -> int:
            return outer.n

        return inject(f)

    assert decorate()(CONFIG) == 2


def test_a_builtin_without_a_signature_is_told_of() -> None:
    with pytest.raises(ArgumentError, match="signature can be read"):
        inject(int if sys.version_info < (3, 13) else dict)


def test_odd_annotations_are_the_caller_s() -> None:
    def f(a: "some text here", b: 1 / 0, config: Config) -> Any:  # type: ignore[valid-type]  # noqa: F722
        return a, b, config.n

    f.__annotations__.update(a="some text here", b="1/0")
    assert inject(f)(CONFIG, 1, 2) == (1, 2, 2)


def test_annotated_inside_optional() -> None:
    def f(
        x: Annotated[int, Bind("n")] | None, y: Annotated[Config, "doc"] | None, z: Annotated[int, Bind("q")] | None
    ) -> Any:
        return x, y, z

    assert inject(f)(CONFIG) == (2, CONFIG, None)


# --- typed configs -----------------------------------------------------------------------------------------


class Struct(msgspec.Struct):
    n: int
    llm: Any = None


def test_structs_and_unions_of_classes() -> None:
    def struct(config: Struct) -> int:
        return config.n

    def either(config: Model | Struct | None) -> Any:
        return type(config)

    assert inject(struct)(CONFIG) == 2
    assert inject(either)(CONFIG) is Struct
    assert inject(either)({"model": "x", "temperature": 1}) is Model


def test_a_bound_part_is_of_any_type() -> None:
    def bound(
        size: Annotated[int | str, Bind("size")],
        when: Annotated[date, Bind("when")],
        mode: Annotated[Literal["a", "b"], Bind("mode")],
        llms: Annotated[list[Llm], Bind("llms")],
        path: Annotated[Path | None, Bind("nowhere")],
    ) -> Any:
        return size, when, mode, llms, path

    config = {"size": "x", "when": "2024-01-02", "mode": "b", "llms": [{"model": "m"}]}
    assert inject(bound)(config) == ("x", date(2024, 1, 2), "b", [Llm("m")], None)
    with pytest.raises(ConversionError) as caught:
        inject(bound)({**config, "llms": [{"model": 1}, {}]})
    assert str(caught.value).endswith(
        "bound(): parameter 'llms' is not a valid list[Llm]:\n"
        "  llms.0.model: expected str, got 1 (int)\n  llms.1.model: missing; expected str"
    )
    assert caught.value.problems[0].path == ("llms", "0", "model")


def test_methods_partials_and_coroutines() -> None:
    class Service:
        def method(self, llm: Annotated[Llm, Bind("llm")], *, n: Annotated[int, Bind("n")]) -> Any:
            return llm.model, n

    async def coroutine(settings: Settings) -> int:
        return settings.n

    service = Service()
    assert inject(service.method)(CONFIG) == ("gpt-4", 2)
    assert inject(Service.method)(CONFIG, service) == ("gpt-4", 2)
    assert inject(functools.partial(Service.method, service))(CONFIG) == ("gpt-4", 2)
    assert asyncio.run(inject(coroutine)(CONFIG)) == 2


def test_what_a_curried_function_waits_for_is_injected() -> None:
    def pair(k: int, model: Annotated[str, Bind("llm.model")], *, n: Annotated[int, Bind("n")]) -> Any:
        return k, model, n

    assert inject(toolz.curry(pair)(7))(CONFIG) == (7, "gpt-4", 2)
    assert inject(toolz.curry(pair, n=5))(CONFIG, 7) == (7, "gpt-4", 5)
    with pytest.raises(ConversionError, match=r"parameter .model."):
        inject(toolz.curry(pair)(7))({"n": 2})


def test_the_signature_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    injected = inject(whole)

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the signature was read again")

    monkeypatch.setattr(inspect, "signature", refuse)
    assert injected(CONFIG) is CONFIG


def test_defaults_classes_and_forgotten_paths() -> None:
    def with_default(n: Annotated[int, Bind("nowhere")] = 5, m: Annotated[int | None, Bind("nowhere")] = 6) -> Any:
        return n, m

    @attrs.frozen
    class Service:
        settings: Settings
        x: int = 0

    def forgotten(n: Annotated[int, Bind]) -> Any: ...

    assert inject(with_default)(CONFIG) == (5, 6)
    assert inject(Service)(CONFIG, x=3).settings.n == 2
    with pytest.raises(ArgumentError, match="Bind names a path"):
        inject(forgotten)

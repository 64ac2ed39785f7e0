"""Classes of `Config` for one set of keys: nothing but quicker, and never many."""

from __future__ import annotations

import copy
import pickle
import sys
import traceback
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    MissingAttributeError,
    PathError,
    config_id,
    expand,
    freeze,
    get_in,
    json_schema,
    run,
    structure,
    thaw,
)
from spearmint_fp.configuration import config as configs
from spearmint_fp.configuration import layout_classes
from spearmint_fp.configuration.config import MANY, Layout, get_layout
from spearmint_fp.configuration.equality import are_equal
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.configuration.layout_classes import MAX_PROPERTIES, explain_attribute
from tests.workers.programs import seen

HOSTILE = """
    __len__ __bool__ __iter__ __getitem__ __class__ __dict__ __init__ __call__ __eq__ __x _cell _dict items get mro
    config_id register class a.b
"""
names = st.one_of(st.text(max_size=5), st.sampled_from([*HOSTILE.split(), "\ud800", "", "\0"]))
values = st.one_of(st.integers(0, 2), st.just(float("nan")), st.just((1, Config({"a": (2,)}))))
contents = st.dictionaries(names, values, max_size=6)


@pytest.fixture(autouse=True)
def room_for_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many classes as these tests need, whatever other tests have kept."""
    configs._get_text_layout.cache_clear()
    monkeypatch.setattr(layout_classes, "MAX_LAYOUT_CLASSES", len(layout_classes._kept_classes) + 100_000)


def make_twins(content: dict[str, Any]) -> tuple[Config, Config]:
    """The same configuration, of a class of its own and of the general one."""
    own, general = get_layout(tuple(content)), Layout(tuple(content))
    return own.build(tuple(content.values())), general.build(tuple(content.values()))


def make_listed(content: dict[str, Any]) -> Config:
    """The same configuration as one of many, of the class that those have."""
    layout = get_layout(tuple(content))
    return layout.build_all([(layout, *content.values())] * MANY)[-1]


@pytest.mark.parametrize("is_listed", [False, True], ids=["one", "one of many"])
@given(content=contents, other=names)
def test_a_class_of_its_own_changes_nothing(content: dict[str, Any], other: str, is_listed: bool) -> None:
    own, general = make_twins(content)
    if is_listed:
        own = make_listed(content)
    assert type(general) is not type(own)
    assert isinstance(general, Config)
    assert isinstance(own, Config)
    assert isinstance(own, Mapping)
    assert bool(own) == bool(general) == bool(content)
    assert own == general
    assert general == own
    assert hash(own) == hash(general)
    assert exact_key(own) == exact_key(general)
    assert repr(own) == repr(general)
    assert list(own) == list(general) == list(content)
    assert {*dir(own), "__getattr__"} == {*dir(general)}
    for key in (*content, other):
        for read in (getattr, lambda config, key: config[key], lambda config, key: get_in((key,), config)):
            assert observe(read, own, key) == observe(read, general, key)
    assert thaw(own) == thaw(general)
    assert own | {"x": 1} == general | {"x": 1}
    for copied in (pickle.loads(pickle.dumps(own)), copy.deepcopy(own)):
        assert exact_key(copied) == exact_key(own)
    assert copy.copy(own) is freeze(own) is own
    assert observe(lambda config, _: config_id(config), own, "") == observe(
        lambda config, _: config_id(config), general, ""
    )


def observe(read: Any, config: Any, key: str) -> Any:
    try:
        found = read(config, key)
    except Exception as error:
        told = explain_attribute(error)
        return type(told), str(told)
    return exact_key(found) if not callable(found) else getattr(found, "__name__", type(found))


def test_where_the_stack_ends_configurations_of_two_classes_are_compared_as_those_of_one() -> None:
    layout = get_layout(("inner",))
    one = twin = listed = Config({"inner": 1})
    for _ in range(150):
        one, twin = layout.build((one,)), layout.build((twin,))
        listed = layout.build_all([(layout, listed)] * MANY)[-1]
    assert type(one) is type(twin) is not type(listed)
    for depth in range(0, 800, 50):
        assert compare_deep_down(depth, one, listed) == compare_deep_down(depth, one, twin), depth


def compare_deep_down(depth: int, one: Any, other: Any) -> bool:
    return compare_deep_down(depth - 1, one, other) if depth else are_equal(one, other)


@given(contents)
def test_order_tells_no_configurations_apart(content: dict[str, Any]) -> None:
    own, turned = (make_twins(one)[0] for one in (content, dict(reversed(content.items()))))
    assert own == turned
    assert hash(own) == hash(turned)
    assert exact_key(own) == exact_key(turned)
    assert freeze({"a": {"b": own}}) == freeze({"a": {"b": turned}})


def test_keys_are_read_as_attributes_and_by_subscript() -> None:
    config: Any = freeze({"lr": 0.1, "llm": {"model": "gpt-4"}, "items": 3})
    assert (config.lr, config.llm.model, config["items"]) == (0.1, "gpt-4", 3)
    assert callable(config.items)
    with pytest.raises(MissingAttributeError, match="did you mean 'lr'"):
        _ = config.lrr
    with pytest.raises(PathError, match="did you mean 'lr'"):
        config["lrr"]
    match config:
        case {"llm": {"model": model}, **rest}:
            assert (model, rest) == ("gpt-4", {"lr": 0.1, "items": 3})
    match config:
        case Config(lr=0.1, llm=Config(model=model)):
            assert model == "gpt-4"


class Word(str):
    """Text of a class of its own."""


def list_grid() -> list[Any]:
    return list(expand({"lr": DynamicValue(range(8)), "momentum": DynamicValue(range(8))}))


def test_of_many_configurations_python_itself_says_what_attribute_is_missing() -> None:
    config = list_grid()[-1]
    assert not hasattr(config, "lrr")
    with pytest.raises(AttributeError, match=r"'Config' object has no attribute 'lrr'") as caught:
        _ = config.lrr
    # What a terminal shows; Python 3.11 does so where it prints, not here.
    shown = "".join(traceback.format_exception(caught.value))
    assert ("Did you mean: 'lr'?" in shown) is (sys.version_info >= (3, 12))
    with pytest.raises(PathError, match="did you mean 'lr'"):
        config["lrr"]


def test_a_failure_says_of_a_missing_attribute_what_any_configuration_says() -> None:
    def fail(config: Any) -> Any:
        try:
            _ = config["before"]
        except KeyError:
            return config.lrr

    def observe_failure(outcome: Any) -> Any:
        error, exception = outcome.error, outcome.error.exception
        told = error.traceback.splitlines()[-1], exception.name, type(exception), type(exception.__context__)
        return error.type, error.message, error.kinds, told

    [one] = run(fail, [Config({"lr": 7, "momentum": 7})])
    of_many: Any = list(run(fail, list_grid()))[-1]
    assert observe_failure(of_many) == observe_failure(one)
    assert "no key 'lrr' in this configuration; did you mean 'lr'?" in of_many.error.traceback
    assert "return config.lrr" in of_many.error.traceback
    with pytest.raises(MissingAttributeError, match="did you mean 'lr'"):
        _ = of_many.result


def test_a_failure_keeps_what_a_task_adds_to_the_error_of_a_missing_attribute() -> None:
    def fail(config: Any) -> Any:
        try:
            return config.lrr
        except AttributeError as error:
            error.add_note("a note")
            error.attempt = 3  # type: ignore[attr-defined]
            raise

    for configs_run in ([Config({"lr": 7, "momentum": 7})], list_grid()):
        outcome: Any = list(run(fail, configs_run))[-1]
        assert outcome.error.type == "spearmint_fp.MissingAttributeError"
        assert outcome.error.traceback.endswith("\na note\n")
        assert vars(outcome.error.exception) == {"__notes__": ["a note"], "attempt": 3}


def test_a_missing_attribute_that_every_task_raises_tells_of_one_attempt() -> None:
    config = list_grid()[-1]
    with pytest.raises(AttributeError) as caught:
        _ = config.lrr
    stored = caught.value

    def fail(_: Any) -> None:
        raise stored

    outcomes: list[Any] = list(run(fail, [config] * 20))
    assert {outcome.error.traceback.count("in fail") for outcome in outcomes} == {1}
    assert len(list(traceback.walk_tb(stored.__traceback__))) < 10


def test_only_python_s_error_of_a_missing_attribute_is_explained() -> None:
    config = list_grid()[-1]
    words = "'Config' object has no attribute 'lrr'"
    for name in ("lrr", Word("lrr")):
        with pytest.raises(AttributeError) as caught:
            getattr(config, name)
        assert type(explain_attribute(caught.value)) is MissingAttributeError
    for error in (
        AttributeError("none"),
        AttributeError("of something else", name="lrr", obj=3),
        AttributeError("without a name", obj=config),
        AttributeError("in a task's own words", name="lrr", obj=config),
        AttributeError(name="lrr", obj=config),
        AttributeError(words, "more", name="lrr", obj=config),
        AttributeError(words, name="lr", obj=config),
        AttributeError(words, name="lrr", obj=object.__new__(type(config))),
        ValueError("another"),
    ):
        assert explain_attribute(error) is error


def test_python_adds_no_suggestion_to_that_of_a_message() -> None:
    with pytest.raises(MissingAttributeError) as caught:
        _ = Config({"lr": 1}).lrr
    shown = traceback.format_exception(caught.value)
    assert shown[-1].endswith("Error: no key 'lrr' in this configuration; did you mean 'lr'?\n")
    assert caught.value.name == "lrr"


def test_what_a_class_says_of_itself_is_what_config_says() -> None:
    kind: Any = type(Config({"lr": 1, "mro": 2}))
    assert kind.__name__ == kind.__qualname__ == "Config"
    assert repr(kind) == repr(Config)
    assert attrs.fields(kind) == attrs.fields(Config)
    assert (kind.__doc__, kind.get.__doc__) == (Config.__doc__, Mapping.get.__doc__)
    assert isinstance(Config({"other": 2}), kind)
    assert issubclass(type(Config({"other": 2})), kind)
    assert not isinstance({"lr": 1}, kind)
    assert not issubclass(dict, kind)
    assert pickle.loads(pickle.dumps(kind)) is Config
    assert kind.mro() == [kind, *Config.mro()]
    assert structure(dict[str, kind], {"a": {"b": [1]}}) == {"a": Config({"b": [1]})}
    assert json_schema(kind) == json_schema(Config)
    assert kind({"other": 2}) == {"other": 2}  # the class of one configuration makes any other
    assert type(kind({"lr": 3, "mro": 4})) is kind
    assert Config(Config({"lr": 1})) == {"lr": 1}


def test_a_class_of_the_users_own_is_refused_where_it_is_made() -> None:
    for base in (Config, type(Config({"lr": 1}))):
        with pytest.raises(ArgumentError, match=r"final, and Mine derives from it.* structure\(Mine, config\)"):
            type("Mine", (base,), {})


def test_configurations_of_a_sweep_and_those_from_pickles_share_a_class() -> None:
    sweep = expand({"lr": [1], "n": [1, 2]})
    kinds = {type(config) for config in (sweep[0], *sweep, *pickle.loads(pickle.dumps(tuple(sweep))))}
    assert kinds == {type(Config({"lr": 0, "n": 0}))}


def test_there_are_never_many_classes() -> None:
    """In a process of its own, where nobody else makes classes or lets go of any."""
    got = seen(
        """
        import gc
        from spearmint_fp.configuration import config as configs, layout_classes
        gc.collect()
        before = len(layout_classes._kept_classes)
        layout_classes.MAX_LAYOUT_CLASSES = before + 20
        kept = [freeze({f"key{number}": 1, "same": 2}) for number in range(60)]
        made = len(layout_classes._kept_classes) - before
        right = all(config.same == config["same"] == 2 for config in kept)
        kinds = len({type(config) for config in kept})
        del kept
        configs._get_text_layout.cache_clear()
        gc.collect()
        tell(made=made, right=right, kinds=kinds, left=len(layout_classes._kept_classes) - before)
        """
    )
    assert got == {"made": 20, "right": True, "kinds": 21, "left": 0}


def test_a_configuration_of_many_keys_has_no_class_of_its_own() -> None:
    layout = get_layout(tuple(map(str, range(MAX_PROPERTIES + 1))))
    assert layout.config_class is type(Layout(("a",)).build((1,)))
    assert type(layout.build_all([layout.row_head + layout.keys] * MANY)[0]) is layout.config_class


def test_many_in_a_row_have_one_class_more_which_ends_with_them() -> None:
    got = seen(
        """
        import gc
        from spearmint_fp.configuration import config as configs, layout_classes
        from tests.configuration.test_layout_classes import list_grid
        gc.collect()
        before = len(layout_classes._kept_classes)
        kinds = {type(config) for _ in range(3) for config in list_grid()}
        count, made = len(kinds), len(layout_classes._kept_classes) - before
        del kinds
        configs._get_text_layout.cache_clear()
        gc.collect()
        tell(count=count, made=made, left=len(layout_classes._kept_classes) - before)
        """
    )
    assert got == {"count": 1, "made": 2, "left": 0}

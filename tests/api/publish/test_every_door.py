"""The 26 methods of the seed, at every door and in the manual."""

from __future__ import annotations

from types import UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from bitdust import answers as answers_of_calls
from bitdust.api.file_shapes import MODE_SHAPES
from bitdust.api.filemanager import MODES
from bitdust.api.methods import all_methods
from bitdust.api.publish.manual import FILEMANAGER, open_api, open_rpc
from bitdust.api.shapes import SHAPES, Nullable, schema_of
from bitdust.calls import Calls
from tests.api.seed import SEED


def test_all_of_them_are_there():
    """None is missing."""
    assert set(SEED) <= set(all_methods())
    assert len(SEED) == 26


@pytest.mark.parametrize("name", SEED)
def test_arguments(name):
    """Names, order and defaults of the seed's arguments; what we added comes last and has defaults."""
    method = all_methods()[name]
    words = method.usage.removeprefix(f"{name}(").removesuffix(")").split(", ")
    seed = SEED[name].split(", ") if SEED[name] else []
    assert [word for word in words if word][: len(seed)] == seed
    assert not any(param.required for param in method.params[len(seed) :])


@pytest.mark.parametrize("name", all_methods())
def test_every_method_has_a_shape(name):
    """What a method answers is written down, the same in OpenAPI, in OpenRPC and in the typed client."""
    schema = schema_of(SHAPES[name])
    method = all_methods()[name]
    verb = "post" if method.changes else "get"
    answers = open_api(all_methods())["paths"][f"/{name}"][verb]["responses"]["200"]["content"]
    assert answers == {"application/json": {"schema": schema}}
    [told] = [one for one in open_rpc(all_methods())["methods"] if one["name"] == name]
    assert told["result"]["schema"] == schema
    hint = get_type_hints(getattr(Calls, name), vars(answers_of_calls))["return"]
    if name == FILEMANAGER:
        assert hint is Any
    else:
        assert in_words(hint) == in_words_of_shape(SHAPES[name])


def test_no_shape_is_left_over():
    """There is no shape of a method that is not there."""
    assert set(SHAPES) == set(all_methods())
    assert set(MODE_SHAPES) == set(MODES)


def in_words(hint):
    """A type of the client, taken apart: dicts by key, a `?` behind those that may be missing."""
    if is_typeddict(hint):
        told = get_type_hints(hint, include_extras=True).items()
        return {
            f"{key}?" if get_origin(one) is NotRequired else key: in_words(
                get_args(one)[0] if get_origin(one) is NotRequired else one
            )
            for key, one in told
        }
    if get_origin(hint) is list:
        return [in_words(get_args(hint)[0])]
    if get_origin(hint) is dict:
        return {str: in_words(get_args(hint)[1])}
    if get_origin(hint) in (Union, UnionType):
        return (in_words(get_args(hint)[0]), None)
    return object if hint is Any else hint


def in_words_of_shape(shape):
    """A shape, taken apart in the same way."""
    match shape:
        case Nullable():
            return (in_words_of_shape(shape.shape), None)
        case [one]:
            return [in_words_of_shape(one)]
        case dict():
            return {key: in_words_of_shape(one) for key, one in shape.items()}
    return shape


def test_every_door_offers_the_same(browser):
    """XML-RPC, JSON-RPC, REST and the typed client have the same methods."""
    methods = set(all_methods())
    listed = browser.xmlrpc("system.listMethods")
    assert {name for name in listed if not name.startswith("system.")} == methods
    assert {one["name"] for one in open_rpc(all_methods())["methods"]} == methods
    paths = {path.removeprefix("/") for path in open_api(all_methods())["paths"]}
    assert paths == methods | {"events", "health", "metrics", "openapi.json"}
    assert {name for name in dir(Calls) if not name.startswith("_")} == methods | {"call"}


@pytest.mark.parametrize("name", all_methods())
def test_every_door_leads_to_it(name, browser):
    """At no door is a listed method unknown: one call too many arguments is refused as that, everywhere."""
    from xmlrpc.client import Fault

    with pytest.raises(Fault) as fault:
        browser.xmlrpc(name, *["x"] * 20)
    assert fault.value.faultCode == -32602
    told = browser.jsonrpc({"jsonrpc": "2.0", "method": name, "params": {"no_such": 1}, "id": 1})
    assert told["error"]["code"] == -32602
    if name == "filemanager":
        assert browser.post(name, {"params": {}}).status == 400
        return
    reply = browser.post(name, {"no_such": 1})
    assert (reply.status, reply.json["error"]) == (400, "usage")

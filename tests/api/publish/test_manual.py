"""The descriptions that programs read: valid, complete, and true."""

import jsonschema
import pytest
from openapi_spec_validator import validate

from bitdust.api.methods import all_methods
from bitdust.api.publish.manual import open_api, open_rpc
from bitdust.api.shapes import Either, Nullable, result_kinds, schema_of


def test_openapi_is_valid():
    """The REST door's description is OpenAPI 3.1, as its own validator sees it."""
    validate(open_api(all_methods()))


def test_every_schema_is_one():
    """Arguments and results are described in JSON Schema 2020-12."""
    for method in open_rpc(all_methods())["methods"]:
        for described in [*method["params"], method["result"]]:
            jsonschema.Draft202012Validator.check_schema(described["schema"])


def test_shapes():
    """A shape in few words means one schema."""
    schema = schema_of({"a": [int], "b?": Nullable({"c": str}), "d": {str: float}})
    good = {"a": [1, 2**40], "d": {"x": 1.5, "y": 2}}
    jsonschema.validate(good, schema)
    jsonschema.validate({**good, "b": None}, schema)
    jsonschema.validate({**good, "b": {"c": ""}}, schema)
    for bad in (
        {"a": []},
        {**good, "e": 1},
        {**good, "a": [True]},
        {**good, "b": {}},
        {**good, "d": {"x": ""}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)
    assert schema_of(Nullable(int)) == {"type": ["integer", "null"]}
    assert schema_of(Either(([str], {"a": None}, [str])))["anyOf"] == [
        schema_of([str]),
        schema_of({"a": None}),
    ]


def test_shapes_have_the_kind_of_their_method():
    """What a method is typed to answer, a list or a dict, its shape is."""
    for name, method in all_methods().items():
        assert result_kinds(name) == ([method.result] if method.result != "any" else ["array", "object"])


def test_openrpc():
    """The JSON-RPC door's description has what OpenRPC asks for, and nothing it does not know."""
    document = open_rpc(all_methods())
    assert set(document) == {"openrpc", "info", "methods"}
    assert set(document["info"]) == {"title", "version", "description"}
    names = [method["name"] for method in document["methods"]]
    assert len(names) == len(set(names))
    for method in document["methods"]:
        assert set(method) == {"name", "summary", "description", "paramStructure", "params", "result"}
        assert method["paramStructure"] == "either"
        required = [param["required"] for param in method["params"]]
        assert required == sorted(required, reverse=True)
        for descriptor in [*method["params"], method["result"]]:
            assert {"name", "schema"} <= set(descriptor) <= {"name", "schema", "description", "required"}

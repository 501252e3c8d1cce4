"""One value changed in a TOML file."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from bitdust.config.toml import flat, with_value

NAMES = st.sampled_from(["a", "b-c", "d"])
KEYS = st.lists(NAMES, min_size=2, max_size=3).map("/".join)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=20)
VALUES = st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS


@given(st.lists(st.tuples(KEYS, VALUES), max_size=8))
def test_what_is_written_is_read(changes):
    """Whatever is set in whatever order is what is read again; a key above another gives way to neither."""
    text, wanted = "", {}
    for key, value in changes:
        if any(one.startswith(key + "/") or key.startswith(one + "/") for one in wanted):
            continue
        text = with_value(text, key, value)
        wanted[key] = value
        assert flat(tomllib.loads(text)) == wanted

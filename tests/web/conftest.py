"""A node and its doors."""

import pytest

from tests.api.fakes import fake_node
from tests.web.doors import Browser


@pytest.fixture
def node(tmp_path):
    """A node that answers everything."""
    return fake_node(tmp_path)


@pytest.fixture
def browser(node):
    """Its site."""
    return Browser(node)

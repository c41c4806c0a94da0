import pytest

from tickets.testing import make_agent


@pytest.fixture
def owner():
    """Who owns what is imported."""
    return make_agent(username="owner")


@pytest.fixture
def write(tmp_path):
    """Writes a file and gives its path."""

    def write(content, name="file.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write

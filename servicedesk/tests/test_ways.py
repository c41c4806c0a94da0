import pytest

from servicedesk.ways import local_path


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:x",
        "/a b",
        "/a\r\nb",
        "",
        "%00",
        "admin:index",
        None,
        3,
    ],
)
def test_a_path_that_leaves_this_site_is_no_path(path):
    assert local_path(path) == ""


def test_a_path_of_this_site_is_one():
    assert local_path("/people/?q=li#top") == "/people/?q=li#top"

import pytest
from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT

from servicedesk.search.pinyin import chinese_only, pinyin
from servicedesk.search.tokens import query_tokens, tokens


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("张伟", "zhang wei zhangwei zw"),
        ("单小明", "shan xiao ming shanxiaoming sxm"),
        ("尉迟恭", "yu chi gong yuchigong ycg"),
        ("吕布", "lv bu lvbu lb"),
        ("Anna Smith", ""),
        ("", ""),
    ],
)
def test_a_name_is_found_by_its_sound(name, expected):
    assert pinyin(name) == expected


def test_phrases_read_one_by_one_sound_as_the_whole_text_does():
    phrases = list(PHRASES_DICT)[::97]
    for one, other in zip(phrases, reversed(phrases), strict=True):
        text = f"{one}3号{other[:2]}、Tower{other}"
        assert chinese_only(text) == lazy_pinyin(text, errors="ignore")


def test_the_sound_joins_the_tokens():
    held = tokens(f"单小明 {pinyin('单小明')}").split()
    assert "shanxiaoming" in held
    assert query_tokens("shanxiao") == "shanxiao*"

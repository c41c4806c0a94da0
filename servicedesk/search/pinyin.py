"""Chinese names as they are typed on a Latin keyboard."""

from functools import lru_cache

# Characters that are read otherwise as a surname.
SURNAMES = {
    "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "任": "ren", "区": "ou", "查": "zha", "朴": "piao", "盖": "ge",
    "冼": "xian", "覃": "qin", "缪": "miao", "乐": "yue", "华": "hua", "纪": "ji", "宁": "ning", "翟": "zhai", "员": "yun",
    "繁": "po", "种": "chong", "秘": "bi", "折": "she", "召": "shao", "燕": "yan", "长孙": "zhang sun", "尉迟": "yu chi",
    "万俟": "mo qi", "單": "shan", "區": "ou", "蓋": "ge", "繆": "miao", "樂": "yue", "員": "yun",
}  # fmt: skip


def pinyin(name: str) -> str:
    """The words to search a name by: 单小明 gives "shan xiao ming shanxiaoming sxm"; nothing for a name without Chinese.

    To be put before `tokens` together with the name: tokens(f"{name} {pinyin(name)}").
    """
    syllables = read(name.strip())
    if not syllables:
        return ""
    initials = "".join(syllable[0] for syllable in syllables)
    return " ".join(dict.fromkeys([*syllables, "".join(syllables), initials]))


def read(name: str) -> list[str]:
    for length in (2, 1):
        surname = SURNAMES.get(name[:length])
        if surname:
            return [*surname.split(), *chinese_only(name[length:])]
    return chinese_only(name)


def chinese_only(text: str) -> list[str]:
    if text.isascii():
        return []
    from pypinyin.seg.simpleseg import seg  # its dictionaries take 55 MB: only where a name needs them

    return [syllable for phrase in seg(text) for syllable in _syllables(phrase)]


@lru_cache(maxsize=20_000)
def _syllables(phrase: str) -> tuple[str, ...]:
    """A phrase is read by itself, and the same ones come again and again: an import spends a tenth of its time here."""
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(phrase, style=Style.NORMAL, errors="ignore", v_to_u=False))

#!/usr/bin/env python
"""Keeps the catalogues in order (needs gettext and the development requirements).

translations.py collect        take the strings out of code and templates, sorted, nothing fuzzy
translations.py check          exit 1 if `collect` would change anything or a translation is missing; changes nothing
translations.py missing        print what has no translation yet, one JSON object; exit 1 if there is any
translations.py fill FILE      FILE is JSON: {"English": "简体", "Other": ["简体", "繁體"], "plural source": ["简体", "繁體"]};
                               without a 繁體 text it is drafted from the 简体 with OpenCC and the glossary below
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib
from opencc import OpenCC

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = {
    "zh_Hans": ROOT / "locale/zh_Hans/LC_MESSAGES/django.po",
    "zh_Hant": ROOT / "locale/zh_Hant/LC_MESSAGES/django.po",
}
# OpenCC works character by character; these are the words a service department writes (REGULATIONS, Appendix F).
GLOSSARY = {
    "籤收": "簽收",
    "登錄": "登入", "設置": "設定", "數據": "資料", "默認": "預設", "用戶": "使用者", "信息": "資訊", "郵箱": "信箱",
    "週期": "週期", "回訪週期": "回訪週期", "答複": "答覆", "回複": "回覆", "徵求": "徵求", "着": "著", "臺": "台",
    "網絡": "網路", "文件": "檔案", "搜索": "搜尋", "服務器": "伺服器", "導入": "匯入", "導出": "匯出", "短信": "簡訊",
    "電子郵件": "電子郵件", "聯繫記錄": "聯絡記錄", "聯繫": "聯絡", "重複": "重複", "屏幕": "螢幕", "鏈接": "連結", "粘貼": "貼上",
    "菜單": "選單", "賬": "帳", "保存": "儲存", "字符": "字元", "字段": "欄位", "刷新頁面": "重新整理頁面", "單元格": "儲存格", "工作簿": "活頁簿",
    "計劃": "計畫", "質量": "品質", "界面": "介面", "爲": "為", "通過": "透過",
    "消息": "訊息", "設備": "裝置", "創建": "建立", "添加": "新增", "退出登入": "登出", "查找": "尋找", "僅支持": "僅支援", "計時程序": "計時程式",
    "併發布": "並發布", "“": "「", "”": "」",
}  # fmt: skip


def traditional(text: str) -> str:
    text = OpenCC("s2tw").convert(text)
    for wrong, right in GLOSSARY.items():
        text = text.replace(wrong, right)
    return text


def collect() -> None:
    for locale in CATALOGUES:
        (ROOT / "locale" / locale / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--no-location", "--no-obsolete", "--no-wrap", "-v0",
         "-l", "zh_Hans", "-l", "zh_Hant",
         *(f"-i={name}" for name in ("node_modules", ".venv", "var", "tests", "testing.py", "benchmarks"))],
        cwd=ROOT, check=True,
    )  # fmt: skip
    for path in CATALOGUES.values():
        catalogue = polib.pofile(str(path), wrapwidth=0)
        for entry in catalogue:
            if entry.fuzzy:  # a guess is worse than a gap: the gap is seen
                entry.flags.remove("fuzzy")
                entry.msgstr = ""
                entry.msgstr_plural = dict.fromkeys(entry.msgstr_plural, "")
                entry.previous_msgid = entry.previous_msgid_plural = entry.previous_msgctxt = None
        save(catalogue, path)


def save(catalogue: polib.POFile, path: Path) -> None:
    """Sorted and without dates, so that two people's additions meet without a conflict."""
    for name in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid-Bugs-To",
    ):
        catalogue.metadata.pop(name, None)
    catalogue.metadata["Language"] = path.parts[-3]
    catalogue.metadata["Plural-Forms"] = "nplurals=1; plural=0;"
    catalogue.header = "Service desk translations."
    catalogue.sort(key=lambda entry: (entry.msgctxt or "", entry.msgid))
    catalogue.save(str(path))


def is_translated(entry: polib.POEntry) -> bool:
    return all(entry.msgstr_plural.values()) if entry.msgid_plural else bool(entry.msgstr)


def missing() -> int:
    gaps = {
        locale: [e.msgid for e in polib.pofile(str(path)) if not is_translated(e) or e.fuzzy]
        for locale, path in CATALOGUES.items()
    }
    print(json.dumps(gaps, ensure_ascii=False, indent=1))
    return 1 if any(gaps.values()) else 0


def check() -> int:
    """What `make check` asks. Without gettext the strings cannot be collected: an error in CI, else only told."""
    before = {path: path.read_bytes() for path in CATALOGUES.values()}
    stale = []
    if shutil.which("xgettext"):
        try:
            collect()
            stale = [path for path, text in before.items() if path.read_bytes() != text]
        finally:
            for path, text in before.items():
                path.write_bytes(text)
    elif os.environ.get("CI"):
        sys.exit("gettext is not installed.")
    else:
        print("gettext is not installed, so the strings were not collected anew.")
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not up to date: run make messages.")
    return 1 if missing() or stale else 0


def fill(source: str) -> None:
    texts = json.loads(Path(source).read_text(encoding="utf-8"))
    pairs = {key: ([v, traditional(v)] if isinstance(v, str) else v) for key, v in texts.items()}
    for position, path in enumerate(CATALOGUES.values()):
        catalogue = polib.pofile(str(path), wrapwidth=0)
        for entry in catalogue:
            if entry.msgid not in pairs:
                continue
            text = pairs[entry.msgid][position]
            if entry.msgid_plural:
                entry.msgstr_plural = {0: text}
            else:
                entry.msgstr = text
        save(catalogue, path)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["collect"]:
            collect()
        case ["check"]:
            sys.exit(check())
        case ["missing"]:
            sys.exit(missing())
        case ["fill", source]:
            fill(source)
        case _:
            sys.exit(__doc__)

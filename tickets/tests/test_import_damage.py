"""Damaged and hostile files: each row is told apart or reported, nothing is stored garbled."""

import csv
import os
import random
import zipfile

import pytest
from django.core.management import CommandError
from django.utils import timezone

from servicedesk.importing.encodings import encoding_of
from servicedesk.importing.report import as_typed, harmless
from servicedesk.importing.tables import open_table
from servicedesk.importing.testing import workbook
from servicedesk.keepable import UNKEEPABLE
from servicedesk.staff.leaving import block
from tickets.importing.testing import run, text
from tickets.models import Category, Ticket

pytestmark = pytest.mark.django_db
HEADING = "number,category,words\n"
SIMPLIFIED = "1001,供暖,暖气不热已经三天请尽快派人来修理,2026-05-04"
TRADITIONAL = "1001,供暖,暖氣不熱已經三天請儘快派員前來處理,2026-05-04"


def words(number):
    return Ticket.objects.get(external_number=str(number)).first_words.text


def report_rows(path):
    return list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))


def refusal_of(path, **options):
    with pytest.raises(CommandError) as refusal:
        run(path, **options)
    assert refusal.value.returncode == 2
    return str(refusal.value)


# Quotation marks


def test_a_missing_quotation_mark_costs_only_its_own_row(owner, write, tmp_path):
    report = tmp_path / "out.csv"
    path = write(HEADING + '1,A,one\n2,A,"never closed\n3,A,three\n4,A,"four, or more"\n')
    assert run(path, code=1, report=report) == {"read": 4, "taken": 3, "unchanged": 0, "refused": 1}
    assert words(4) == "four, or more"
    (row,) = report_rows(report)
    assert (row["_row"], row["number"], row["words"].strip()) == ("3", "2", "never closed")
    assert "line 3" in row["_reason"]
    assert row["_line"] == '2,A,"never closed\n'


def test_a_missing_quotation_mark_before_very_many_rows_costs_only_its_own_row(write):
    path = write(HEADING + '1,A,"never closed\n' + "".join(f"{n},A,some words\n" for n in range(2, 30_000)))
    rows = list(open_table(path).rows)
    assert len(rows) == 29_999
    assert [row.number for row in rows if row.problem] == [2]


def test_the_lines_of_a_torn_row_are_not_taken_for_rows(owner, write, tmp_path):
    report = tmp_path / "out.csv"
    path = write(HEADING + '1,A,"he said "no, never, ever"\nand left, without, a word\nat all"\n2,A,two\n')
    assert run(path, code=1, report=report)["taken"] == 1
    (row,) = report_rows(report)
    assert row["_line"].splitlines()[1:] == ["and left, without, a word", 'at all"']


def test_rows_that_a_closed_quotation_mark_would_swallow_are_found(owner, write):
    assert run(write(HEADING + '1,A,"never closed\n2,A,two\n3,A,three"\n4,A,four\n'), code=1)["taken"] == 3


def test_a_cell_may_hold_lines_with_as_many_commas(owner, write):
    assert run(write(HEADING + '1,A,"first, second, third\nyes, no, perhaps"\n2,A,two\n'))["taken"] == 2
    assert words(1) == "first, second, third\nyes, no, perhaps"


def test_a_long_text_may_hold_a_line_that_looks_like_a_row(owner, write):
    path = write('number,words,category\n1,"first\n2, yes and no,perhaps",A\n')
    assert run(path)["taken"] == 1
    assert words(1) == "first\n2, yes and no,perhaps"


def test_a_text_may_end_in_a_line_that_is_a_number(owner, write):
    assert run(write(HEADING + '1,A,"call me at\n13812345678"\n2,A,"or at\n4,5"\n'))["taken"] == 2


def test_a_torn_row_is_refused_until_it_has_been_put_in_order(owner, write, tmp_path):
    report = tmp_path / "out.csv"
    run(write(HEADING + '1,A,"never closed\n2,A,two\n3,A\n'), code=1, report=report)
    assert run(report, code=1, report=tmp_path / "again.csv")["refused"] == 2
    rows = report_rows(tmp_path / "again.csv")
    assert {row["_line"].strip() for row in rows} == {'1,A,"never closed', "3,A"}
    rows = [{**row, "words": "in order", "_line": ""} for row in rows]
    with report.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert run(report)["taken"] == 2


def test_a_file_without_line_ends_is_not_read_into_memory(write):
    rows = list(open_table(write(HEADING + "1,A,one\n2,A," + "x" * 5_000_000)).rows)
    assert [bool(row.problem) for row in rows] == [False, True]


# Encodings


@pytest.mark.parametrize(
    ("codec", "row"),
    [("big5", TRADITIONAL), ("gb18030", TRADITIONAL), ("gb18030", SIMPLIFIED), ("utf-16-le", SIMPLIFIED), ("utf-16-be", TRADITIONAL)],
)  # fmt: skip
def test_one_row_tells_the_encoding(write, codec, row):
    assert encoding_of(write(f"number,category,words,date\n{row}\n".encode(codec))) == codec


def test_the_encoding_is_told_by_what_comes_after_a_long_ascii_beginning(write):
    beginning = "number,category,words\n" + "1,A,words\n" * 40_000
    assert encoding_of(write((beginning + SIMPLIFIED).encode("gb18030"))) == "gb18030"


def test_western_files_are_read_as_such(owner, write):
    run(write((HEADING + "1,A,Müller’s heating – “cold” since €5 café\n").encode("cp1252")))
    assert words(1) == "Müller’s heating – “cold” since €5 café"


@pytest.mark.parametrize("codec", ["cp1251", "shift_jis", "koi8-r"])
def test_an_encoding_that_nobody_can_tell_is_refused_as_a_whole(write, owner, codec):
    rows = {"shift_jis": "1,A,エアコンが壊れています。すぐに修理をお願いします\n"}
    content = HEADING + rows.get(codec, "1,A,Отопление не работает уже третий день\n")
    assert "UTF-8" in refusal_of(write(content.encode(codec)))


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_damage_far_into_a_wide_file_leaves_the_rows_before_as_they_are(write, codec):
    mark = b"\xff\xfe" if codec == "utf-16-le" else b"\xfe\xff"
    rows = "".join(f"{n},供暖,暖气不热已经三天\n" for n in range(5000))
    half = b"\x00\xd8" if codec == "utf-16-le" else b"\xd8\x00"
    content = mark + (HEADING + rows).encode(codec) + half + "5001,A,b\n".encode(codec)
    *sound, last = open_table(write(content)).rows
    assert len(sound) == 5000
    assert {row.cells["words"] for row in sound} == {"暖气不热已经三天"}
    assert last.problem


# Cells


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\ufffd", "\ufffe"])
def test_a_character_that_cannot_be_kept_refuses_its_row(owner, write, character):
    assert run(write(HEADING + f"1,A,on{character}e\n2,A,two\n"), code=1)["taken"] == 1


def test_half_a_surrogate_pair_in_a_workbook_refuses_its_row_and_is_reported(owner, tmp_path):
    path = workbook(tmp_path, [["number", "category", "words"], [1, "A", "half HALF"], [2, "A", "two"]])
    replaced = tmp_path / "replaced.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(replaced, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"HALF", b"_xD800_"))
    assert run(replaced, code=1, report=tmp_path / "out.csv")["taken"] == 1
    assert report_rows(tmp_path / "out.csv")[0]["words"] == "half \\ud800"


def test_line_ends_that_a_workbook_writes_in_its_own_way_are_line_ends(owner, tmp_path):
    run(workbook(tmp_path, [["number", "category", "words"], [1, "A", "one_x000D_\ntwo _x005F_x000D_"]]))
    assert words(1) == "one\ntwo _x000D_"


@pytest.mark.parametrize(
    "date",
    ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59:59-12:00", "2026-02-30", "2025-02-29", "1969-12-31",
     "1582-10-10", "2026-13-01", "2026-05-04T25:00", "2026-05-04T09:00+25:00", "10000-01-01", "-1-01-01", "0", "31.11.2025", "20260504090000",
     "45000", "٢٠٢٦-٠٥-٠٤", "2026-05-04T09:00:00.123456789+99:99"],
)  # fmt: skip
def test_exotic_dates_are_refused_row_by_row(owner, write, date):
    path = write(f"number,category,words,date\n1,A,one,{date}\n2,A,two,2026-05-04\n")
    assert run(path, code=1) == {"read": 2, "taken": 1, "unchanged": 0, "refused": 1}


def test_a_moment_with_an_offset_is_kept_as_that_moment(owner, write):
    run(write("number,category,words,date\n1,A,one,2026-05-04T09:00:00+05:30\n"))
    assert Ticket.objects.get().received_at.isoformat() == "2026-05-04T03:30:00+00:00"


@pytest.mark.parametrize("number", ["2.02504E+12", "1E+05", "#####", "#VALUE!", "#N/A", "#DIV/0!"])
def test_a_number_that_a_spreadsheet_spoilt_is_refused_in_any_file(owner, write, number):
    assert run(write(HEADING + f"{number},A,one\n2,A,two\n"), code=1)["taken"] == 1


def test_nothing_in_the_report_is_carried_out_by_a_spreadsheet(owner, write, tmp_path):
    report = tmp_path / "out.csv"
    path = write("number,category,words,date,=1+1\n1,A,one,=HYPERLINK(1),@x\n2,A,+two,-3,\t=4\n")
    run(path, code=1, report=report)
    for line in csv.reader(report.open(encoding="utf-8-sig", newline="")):
        assert not [cell for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("cell", ["=1", "'=1", "''=1", "'x", "'", "", "-", "＝1", "\t=1", "it's"])
def test_a_cell_comes_back_from_the_report_as_it_was(cell):
    assert as_typed(harmless(cell)) == cell


# Categories


def test_long_categories_stay_apart(owner, write):
    long = "x" * 120
    run(write(HEADING + f"1,{long},one\n2,{long}a,two\n3,{long}b,three\n"))
    names = set(Category.objects.filter(name__startswith="xxx").values_list("name", flat=True))
    assert len(names) == 3
    assert long in names


def test_categories_of_the_same_name_stand_for_each_kind_of_matter(owner, write):
    mapping = (
        'source="ours"\nkind="{}"\n[fields.external_number]\ncolumns=["number"]\n[fields.words]\ncolumns=["words"]\n'
        '[fields.category]\ncolumns=["category"]\n'
    )
    run(write(HEADING + "1,A,one\n"), str(write(mapping.format("fault"), "fault.toml")))
    run(write(HEADING + "2,A,two\n"), str(write(mapping.format("request"), "request.toml")))
    assert sorted(Category.objects.filter(name="A").values_list("kind", flat=True)) == ["fault", "request"]


def test_a_category_for_all_kinds_is_used_and_one_no_longer_offered_refuses(owner, write):
    Category.objects.create(name="Any", code="any")
    Category.objects.create(name="Old", code="old", kind="complaint", active=False)
    assert run(write(HEADING + "1,Any,one\n2,Old,two\n3,New,\n"), code=1)["taken"] == 1
    assert not Category.objects.filter(name="New").exists()
    assert Category.objects.filter(name="Any").count() == 1


# Files, people, options, mappings


def test_what_is_no_ordinary_file_is_refused_without_waiting(owner, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        assert "ordinary" in refusal_of(path)
    assert "missing" in refusal_of(tmp_path / "missing")


def test_a_report_that_cannot_be_written_stops_the_import_before_it_begins(owner, write, tmp_path):
    assert str(tmp_path) in refusal_of(write(text()), report=tmp_path)
    assert not Ticket.objects.exists()


def test_a_file_that_grows_is_read_as_far_as_it_went_and_not_trusted_at_its_end(owner, write):
    path = write(HEADING + "1,A,one\n2,A,tw")
    rows = open_table(path).rows
    assert not next(rows).problem
    with path.open("a") as file:
        file.write("o\n3,A,three\n")
    (last,) = rows
    assert last.cells["words"] == "tw"
    assert last.problem


def test_who_has_left_or_is_blocked_owns_nothing_new(owner, write):
    path = write(text())
    block(owner, by="setup", at=timezone.now())
    assert "blocked" in refusal_of(path)
    owner.refresh_from_db()
    type(owner).objects.filter(pk=owner.pk).update(is_active=False)
    assert "owner" in refusal_of(path)
    assert "stranger" in refusal_of(path, owner="stranger")


@pytest.mark.parametrize(("spread", "days"), [(0, 1), (1, 1), (2, 2), (10**9, 3)])
def test_promises_are_spread_over_no_more_days_than_there_are(owner, write, spread, days):
    assert run(write(text()), spread=spread)["taken"] == 3
    assert len(set(Ticket.objects.values_list("due_at", flat=True))) == days


def test_a_negative_spread_is_refused(owner, write):
    assert "negative" in refusal_of(write(text()), spread=-1)


GOOD = {
    "source": '"ours"', "kind": '"fault"', "fields.external_number": '{columns=["n"]}', "fields.words": '{columns=["w"]}',
    "fields.category": '{otherwise="C"}',
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"source": None}, "source"),
        ({"source": '""'}, "source"),
        ({"source": "7"}, "source"),
        ({"kind": '"nonsense"'}, "kind"),
        ({"kind": '"task"'}, "kind"),
        ({"zone": '"Mars/Olympus"'}, "Mars"),
        ({"zone": '"../etc"'}, "../etc"),
        ({"fields.words": None}, "fields.words"),
        ({"fields.colour": '{otherwise="red"}'}, "fields.colour"),
        ({"fields.words": '{colums=["w"]}'}, "fields.words.colums"),
        ({"fields.words": '{columns="w"}'}, "fields.words.columns"),
        ({"fields.words": "{columns=[1]}"}, "fields.words.columns"),
        ({"fields.words": "{}"}, "fields.words"),
        ({"fields.words": '"w"'}, "fields.words"),
        ({"fields.words": '{columns=["w"], pattern="("}'}, "fields.words.pattern"),
        ({"fields.words": '{columns=["w"], required="yes"}'}, "fields.words.required"),
        ({"fields.received": '{columns=["d"], formats="iso"}'}, "fields.received.formats"),
        ({"fields.channel": '{columns=["c"], values={a="pigeon"}}'}, "pigeon"),
        ({"fields.channel": '{columns=["c"], values={a=1}}'}, "fields.channel.values"),
        ({"closed_when": '{columns=["s"]}'}, "closed_when.values"),
        ({"closed_when": "true"}, "closed_when"),
        ({"fields": "[]"}, "TOML"),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_key_that_is_wrong(owner, write, changed, told):
    lines = {**GOOD, **changed}
    mapping = write("\n".join(f"{key}={value}" for key, value in lines.items() if value), "m.toml")
    assert told in refusal_of(write("n,w\n1,one\n"), mapping=str(mapping))
    assert not Ticket.objects.exists()


def test_a_channel_that_does_not_exist_refuses_its_row(owner, write):
    lines = {**GOOD, "fields.channel": '{columns=["c"]}'}
    mapping = write("\n".join(f"{key}={value}" for key, value in lines.items()), "m.toml")
    assert run(write("n,w,c\n1,one,phone\n2,two,pigeon\n"), str(mapping), code=1)["taken"] == 1


def test_a_mapping_may_be_no_folder_and_no_giant(owner, write, tmp_path):
    assert "mapping" in refusal_of(write(text()), mapping=str(tmp_path))
    assert "large" in refusal_of(write(text()), mapping=str(write("#" * 2_000_000, "big.toml")))
    assert "TOML" in refusal_of(write(text()), mapping=str(write(b"\xff\xfe", "bad.toml")))


# Dry runs


def test_a_dry_run_foretells_the_counts_also_across_batches(owner, write):
    rows = [f"{n % 700},A,words {n % 700 if n % 7 else n}" for n in range(1400)]
    path = write(HEADING + "\n".join(rows) + "\n")
    foretold = run(path, code=1, dry_run=True)
    assert foretold == run(path, code=1)
    assert foretold["taken"] == 700


# Anything at all


SOUND = "number,category,words,date\n" + "\n".join(
    [
        SIMPLIFIED,
        "1002,电梯,停运,2026-05-05",
        '1003,供水,"漏水, 两处\n地下室",2026-05-06',
        "1004,A,plain,2026-05-07",
    ]
)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-be", "xlsx"])
def test_no_bytes_end_in_a_traceback_or_are_stored_garbled(owner, write, tmp_path, codec):
    if codec == "xlsx":
        sound = workbook(tmp_path, list(csv.reader(SOUND.splitlines()))).read_bytes()
    else:
        sound = SOUND.encode(codec)
    chance = random.Random(codec)
    for _ in range(60):
        path = write(mutated(sound, chance), "fuzz")
        try:
            counts = run_any(path, report=tmp_path / "fuzz-report.csv")
        except CommandError as refusal:
            assert refusal.returncode == 2
            continue
        assert counts["read"] == counts["taken"] + counts["unchanged"] + counts["refused"]
        if counts["refused"]:
            assert len(report_rows(tmp_path / "fuzz-report.csv")) == counts["refused"]
    for ticket in Ticket.objects.select_related("first_words", "category"):
        for kept in (ticket.first_words.text, ticket.external_number, ticket.category.name):
            assert not UNKEEPABLE.search(kept)


def run_any(path, **options):
    try:
        return run(path, **options)
    except AssertionError as ended:  # with rows refused
        assert ended.args[0][0] == 1
        return run(path, code=1, **options)


def mutated(sound, chance):
    """The bytes with one to four places cut, doubled, overwritten or filled."""
    found = bytearray(sound)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(5):
            case 0:
                del found[at : at + chance.randint(1, 30)]
            case 1:
                found[at:at] = found[at : at + chance.randint(1, 30)]
            case 2:
                found[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                found[at:at] = chance.choice(
                    [b'"', b"\0", b"\r", b"\n", b",", b"\xff\xfe", b"=", "\ufffd".encode(), b"\x1b"]
                )
            case _:
                found = found[: max(1, at)]
    return bytes(found)

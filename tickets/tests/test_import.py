"""Files of other systems: recognised by content, taken in by the same rules, refused with reasons, never garbled."""

import csv
import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from servicedesk.audit.invariants import findings
from servicedesk.clock.models import Deadline
from servicedesk.importing.encodings import UnusableFileError, encoding_of
from servicedesk.importing.tables import open_table
from servicedesk.importing.testing import workbook
from tickets.importing.testing import ROWS, run, text
from tickets.models import Category, Promise, Ticket

pytestmark = pytest.mark.django_db
SAMPLES = Path(os.environ.get("SAMPLES", Path(__file__).resolve().parents[3] / "shared" / "samples"))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_common_encoding_is_recognised_from_the_content(owner, write, codec):
    assert run(write(text().encode(codec)))["taken"] == 3
    assert Ticket.objects.get(external_number="1003").first_words.text == "漏水\n地下室"


def test_big5_is_recognised(owner, write):
    rows = [
        "2001,供暖,暖氣不熱，已經三天，請儘快派員處理,2026-05-04",
        "2002,電梯,電梯停運，住戶被困，請立即處理,2026-05-05",
    ]
    run(write(text(rows, "編號,類別,內容,日期").encode("big5")))
    assert Ticket.objects.get(external_number="2001").first_words.text == "暖氣不熱，已經三天，請儘快派員處理"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters_are_recognised(owner, write, delimiter):
    rows = [["编号", "类别", "内容"], ["1", "供暖", "不热，已三天"], ["2", "电梯", "停运"]]
    assert run(write("\n".join(delimiter.join(row) for row in rows)))["taken"] == 2


def test_a_sep_line_names_the_delimiter(owner, write):
    assert run(write("sep=;\r\nnumber;category;words\r\n1;A;one, two, three, four\r\n"))["taken"] == 1


def test_mixed_line_ends_are_all_line_ends(owner, write):
    assert run(write(b"number,category,words\r\n1,A,one\n2,A,two\r3,A,three"))["taken"] == 3


@pytest.mark.parametrize("milliseconds", [0, 47, 470])
def test_a_workbook_is_recognised_whatever_its_name(owner, tmp_path, milliseconds):
    received = timezone.now().replace(microsecond=milliseconds * 1000) - timedelta(minutes=1)
    path = workbook(
        tmp_path,
        [["number", "category", "words", "date"], [1001, "A", "冷", received.replace(tzinfo=None)]],
        "x.csv",
    )
    assert run(path)["taken"] == 1
    ticket = Ticket.objects.get()
    assert (ticket.external_number, ticket.received_at) == ("1001", received)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\x00\x01\x02\x03" * 100, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), b"PK\x03\x04 broken", b"one column\n1\n",
     b"a,a\n1,2\n", b"colour,size\nred,3\n"],
)  # fmt: skip
def test_an_unusable_file_is_refused_as_a_whole(owner, write, content):
    with pytest.raises(CommandError) as refusal:
        run(write(content))
    assert refusal.value.returncode == 2
    assert not Ticket.objects.exists()


def test_a_file_of_two_encodings_is_taken_up_to_the_damage(owner, write, tmp_path):
    content = text().encode() + text(["1004,供暖,后面是另一种编码,2026-05-07"]).partition("\n")[2].encode(
        "gb18030"
    )
    counts = run(write(content), code=1, report=tmp_path / "out.csv")
    assert (counts["taken"], counts["refused"]) == (3, 1)
    assert not Ticket.objects.filter(first_words__text__contains="\ufffd").exists()


def test_a_file_cut_off_in_a_character_is_taken_up_to_the_damage(owner, write):
    content = text().encode()
    assert run(write(content[: content.rindex("室".encode()) + 1]), code=1)["taken"] == 2


def test_a_file_cut_off_in_a_quoted_cell_keeps_the_rows_before(owner, write):
    assert run(write(text(ROWS[:2]) + '1003,供水,"漏水\n地下'), code=1)["taken"] == 2


def test_a_short_row_and_a_long_row_are_refused_with_their_reason(owner, write, tmp_path):
    report = tmp_path / "out.csv"
    counts = run(write("number,category,words\n1,A,one\n2,A\n3,A,three,four\n"), code=1, report=report)
    assert counts == {"read": 3, "taken": 1, "unchanged": 0, "refused": 2}
    rows = list(csv.DictReader(report.open(encoding="utf-8-sig", newline="")))
    assert [row["_row"] for row in rows] == ["3", "4"]
    assert "cells" in rows[0]["_reason"]


def test_a_corrected_report_can_be_fed_again(owner, write, tmp_path):
    report = tmp_path / "out.csv"
    run(write("number,category,words,date\n1,A,=HYPERLINK(1),yesterday\n"), code=1, report=report)
    assert "'=HYPERLINK" in report.read_text(encoding="utf-8-sig")
    report.write_text(
        report.read_text(encoding="utf-8-sig").replace("yesterday", "2026-05-04"), encoding="utf-8"
    )
    assert run(report)["taken"] == 1
    assert Ticket.objects.get().first_words.text == "=HYPERLINK(1)"


def test_a_second_run_of_the_same_file_changes_nothing(owner, write):
    path = write(text())
    run(path)
    assert run(path) == {"read": 3, "taken": 0, "unchanged": 3, "refused": 0}
    assert (Ticket.objects.count(), Promise.objects.count()) == (3, 3)


def test_the_same_number_with_other_words_is_refused(owner, write):
    run(write("number,category,words\n1,A,one\n"))
    assert run(write("number,category,words\n1,A,another\n", "b.csv"), code=1)["refused"] == 1
    assert run(write("number,category,words\n7,A,x\n7,A,y\n7,A,x\n", "c.csv"), code=1) == {
        "read": 3, "taken": 1, "unchanged": 1, "refused": 1,
    }  # fmt: skip


def test_numbers_damaged_by_a_spreadsheet_are_refused_with_that_reason(owner, write, tmp_path):
    report = tmp_path / "out.csv"
    content = "案件編號,派工項目,案件地址,立案日期,立案時間\n2.02504E+12,路燈,信義區,20250405,124452\n2020050300061,路燈,信義區,20200503,102900.0\n"
    assert run(write(content), "hotline1999", code=1, report=report)["taken"] == 1
    assert "2.02504E+12" in report.read_text(encoding="utf-8-sig").splitlines()[1]
    assert timezone.localtime(Ticket.objects.get().received_at).strftime("%H:%M") == "10:29"


@pytest.mark.parametrize("name", ["streetlight", "hotline1999"])
def test_headings_may_be_traditional_or_simplified(owner, write, name):
    files = {
        "streetlight": (
            "查報序號,行政區,查報地點,故障情形,查報日期",
            "11300009,信義,松仁路,燈不亮,2024-01-01T19:01:00",
        ),
        "hotline1999": (
            "案件編號,派工項目,案件地址,立案日期,立案時間",
            "2015090100049,大型廢棄物,信義區,20150901,085100",
        ),
    }
    simplified = {
        "查報序號": "查报序号",
        "行政區": "行政区",
        "查報地點": "查报地点",
        "查報日期": "查报日期",
        "案件編號": "案件编号",
        "派工項目": "派工项目",
        "立案時間": "立案时间",
    }
    heading, row = files[name]
    run(write(f"{heading}\n{row}\n"), name)
    for old, new in simplified.items():
        heading = heading.replace(old, new)
    assert (
        run(write(f"{heading}\n{row.replace('0009', '0010').replace('0049', '0050')}\n", "s.csv"), name)[
            "taken"
        ]
        == 1
    )


def test_closed_rows_enter_as_history_and_open_rows_are_promised(owner, write):
    content = (
        "unique_key,created_date,closed_date,complaint_type,descriptor,status,open_data_channel_type\n"
        "60877099,2024-04-16T02:04:38.000,,Street Condition,Pothole,Open,PHONE\n"
        "60877100,2024-04-16T02:04:38.000,2024-04-17T02:04:38.000,Noise,Loud,Closed,ONLINE\n"
    )
    run(write(content), "nyc311")
    opened, closed = Ticket.objects.order_by("external_number")
    assert (closed.state, closed.is_history, closed.ended) == ("closed", True, "history")
    assert (opened.state, opened.anonymous, opened.read_back) == ("unresolved", True, "imported")
    assert opened.received_at.isoformat() == "2024-04-16T06:04:38+00:00"
    assert opened.live_deadline.due_at > timezone.now()
    assert Deadline.objects.broken().count() == 0
    assert [one for finding in findings() for one in finding.examples] == []


def test_promises_are_spread_over_days_within_the_longest_first_promise(owner, write):
    rows = "\n".join(f"{n},A,words {n}" for n in range(9))
    run(write(f"number,category,words\n{rows}\n"), spread=3)
    days = sorted(Deadline.objects.values_list("due_at", flat=True).distinct())
    assert len(days) == 3
    assert [Deadline.objects.filter(due_at=day).count() for day in days] == [3, 3, 3]


def test_a_dry_run_counts_and_writes_nothing(owner, write, capsys):
    out = io.StringIO()
    call_command(
        "import_tickets",
        write(text()),
        mapping="generic",
        owner="owner",
        dry_run=True,
        stdout=out,
        stderr=io.StringIO(),
    )
    assert "3 promises" in out.getvalue()
    assert "3 taken" in out.getvalue()
    assert not Ticket.objects.exists()
    assert not Category.objects.filter(name="供暖").exists()


def test_receipts_in_the_future_are_refused(owner, write):
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y/%m/%d")
    assert run(write(f"number,category,words,date\n1,A,one,{tomorrow}\n"), code=1)["refused"] == 1


def test_unknown_people_and_mappings_are_refused(owner, write):
    with pytest.raises(CommandError):
        call_command("import_tickets", write(text()), mapping="nothing", owner="owner", stderr=io.StringIO())
    with pytest.raises(CommandError):
        call_command("import_tickets", write(text()), mapping="generic", owner="nobody", stderr=io.StringIO())
    with pytest.raises(CommandError):
        run(write(text()).with_name("missing.csv"))


def test_an_operators_own_mapping_is_checked_before_anything_is_read(owner, write):
    good = write(
        'source="x"\nkind="fault"\n[fields.external_number]\ncolumns=["n"]\n[fields.words]\ncolumns=["w"]\n[fields.category]\notherwise="C"\n',
        "m.toml",
    )
    assert run(write("n,w\n1,one\n"), str(good))["taken"] == 1
    bad = write('source="x"\nkind="nonsense"\n[fields]\n', "bad.toml")
    with pytest.raises(CommandError):
        run(write("n,w\n1,one\n"), str(bad))


def test_a_nul_or_a_lost_character_is_refused_never_stored(owner, write):
    counts = run(write("number,category,words\n1,A,on\0e\n2,A,tw\ufffdo\n3,A,three\n"), code=1)
    assert (counts["taken"], counts["refused"]) == (1, 2)


def test_the_report_is_not_written_over_the_file(owner, write):
    path = write(text())
    with pytest.raises(CommandError):
        run(path, report=path)
    assert path.read_text() == text()


def test_a_number_that_is_too_long_is_refused(owner, write):
    assert run(write(f"number,category,words\n{'9' * 61},A,one\n2,A,two\n"), code=1)["taken"] == 1


@pytest.mark.parametrize(
    ("name", "mapping", "taken", "refused"),
    [
        ("complaints_en.csv", "cfpb", 1630, 0),
        ("narratives_en.csv", "generic", 1204, 0),
        ("service_requests_en.csv", "nyc311", 588, 0),
        ("complaints_zh.csv", "streetlight", 1600, 0),
        ("complaints_zh_hans_converted.csv", "streetlight", 600, 0),
        ("service_requests_zh.csv", "hotline1999", 3000, 0),
        ("service_requests_zh_dirty.csv", "hotline1999", 40, 20),
    ],
)
@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not part of the repository")
def test_real_files_come_in_whole(owner, name, mapping, taken, refused):
    counts = run(SAMPLES / name, mapping, code=int(bool(refused)))
    assert (counts["taken"], counts["refused"]) == (taken, refused)
    assert Ticket.objects.unresolved().filter(live_deadline=None).count() == 0


def test_the_encoding_of_a_file_without_one_is_refused(write):
    with pytest.raises(UnusableFileError):
        encoding_of(write(b""))
    assert open_table(write("number,words\n1,x\n")).heading == ["number", "words"]

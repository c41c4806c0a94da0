"""Files built to harm whoever reads them: each is refused or read in words, in bounded time and memory (SECURITY 6, 8)."""

import io
import resource
import struct
import time
import zipfile

import pytest
from django.utils import timezone

from servicedesk.uploads import carrying
from servicedesk.uploads.models import Upload
from servicedesk.uploads.tests.test_uploads import act, administrator, browser, folder, hand_in  # noqa: F401  fixtures

pytestmark = pytest.mark.django_db
LONGEST = 20  # seconds for one file, on a machine that is busy
MOST = 300_000_000  # bytes of memory more than before

NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)
BOOK = f'<workbook {NAMESPACE} xmlns:r="{RELATIONS}"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
RELS = (
    f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
ROOT = f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
HEADING = '<row r="1"><c r="A1" t="inlineStr"><is><t>number</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c></row>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def sheet(rows: str = "", *, before: str = "", dimension: str = "") -> str:
    reach = f'<dimension ref="{dimension}"/>' if dimension else ""
    return f"{before}<worksheet {NAMESPACE}>{reach}<sheetData>{HEADING}{rows}</sheetData></worksheet>"


def book(sheet_xml: str | bytes, strings: str = f"<sst {NAMESPACE}/>", **more: bytes) -> bytes:
    """A workbook written by hand."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": ROOT,
            "xl/workbook.xml": BOOK,
            "xl/_rels/workbook.xml.rels": RELS,
        }
        for name, content in {
            **parts,
            "xl/sharedStrings.xml": strings,
            "xl/worksheets/sheet1.xml": sheet_xml,
            **more,
        }.items():
            archive.writestr(name, content)
    return file.getvalue()


def lying(content: bytes, name: bytes, size: int) -> bytes:
    """A workbook whose table of contents claims another size for one of its parts."""
    at = content.rindex(name) - 46  # its entry in the central directory
    assert content[at : at + 4] == b"PK\x01\x02"
    return content[: at + 24] + struct.pack("<I", size) + content[at + 28 :]


ROW = '<row r="2">' + text_cell("A2", "K-1") + text_cell("B2", "Meridian") + "</row>"
FILES = {
    "zip bomb": lambda: lying(book(sheet(ROW)), b"xl/worksheets/sheet1.xml", 600_000_000),
    "zip bomb that lies": lambda: lying(
        book(sheet(ROW + " " * 20_000_000)), b"xl/worksheets/sheet1.xml", 1000
    ),
    "styles without end": lambda: book(sheet(ROW), **{"xl/styles.xml": b"<a>" + b"<b/>" * 3_000_000}),
    "texts without end": lambda: book(
        sheet(ROW), f"<sst {NAMESPACE}>" + "<si><t>x</t></si>" * 8_000_000 + "</sst>"
    ),
    "twenty thousand parts": lambda: book(sheet(ROW), **{f"x/{n}": b"" for n in range(20_000)}),
    "entities that grow": lambda: book(
        sheet(ROW), f'<!DOCTYPE s [<!ENTITY l0 "ha">{LAUGHS}]><sst {NAMESPACE}><si><t>&l11;</t></si></sst>'
    ),
    "entities in the sheet": lambda: book(
        sheet(ROW.replace("Meridian", "&l11;"), before=f'<!DOCTYPE s [<!ENTITY l0 "ha">{LAUGHS}]>')
    ),
    "entity from elsewhere": lambda: book(
        sheet(ROW.replace("Meridian", "&x;"), before='<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    ),
    "16384 columns": lambda: book(
        sheet("".join(f'<row r="{n}">{text_cell(f"XFD{n}", "x")}</row>' for n in range(2, 1000)))
    ),
    "a claimed width": lambda: book(
        sheet(ROW + f'<row r="1048576">{text_cell("A1048576", "end")}</row>', dimension="A1:XFD1048576")
    ),
    "a last row only": lambda: book(
        sheet(f'<row r="1048576">{text_cell("A1048576", "K-9")}{text_cell("B1048576", "end")}</row>')
    ),
    "a row beyond all": lambda: book(sheet(f'<row r="{10**15}">{text_cell("A2", "K-9")}</row>')),
    "a column beyond all": lambda: book(sheet(f'<row r="2">{text_cell("ZZZZZZ2", "K-9")}</row>')),
    "deep": lambda: book(sheet("<a>" * 200_000 + "</a>" * 200_000)),
    "a string that is not there": lambda: book(
        sheet('<row r="2"><c r="A2" t="s"><v>99</v></c><c r="B2" t="s"><v>-5</v></c></row>')
    ),
    "numbers beyond all": lambda: book(
        sheet('<row r="2"><c r="A2"><v>1e400</v></c><c r="B2"><v>NaN</v></c></row>')
    ),
    "days beyond all": lambda: book(
        sheet('<row r="2"><c r="A2" t="d"><v>99999-99-99T99</v></c><c r="B2" s="1"><v>1e15</v></c></row>')
    ),
    "formulas": lambda: book(
        sheet(
            '<row r="2"><c r="A2"><f>HYPERLINK("http://evil.example")</f><v>K-1</v></c><c r="B2"><f>1+1</f></c></row>'
        )
    ),
    "controls": lambda: book(sheet(ROW.replace("Meridian", "a_x0000_b_xD800_c"))),
    "controls in the heading": lambda: book(
        sheet(ROW).replace("<t>name</t>", '<t>name</t></is></c><c r="C1" t="inlineStr"><is><t>x_xD800_</t>')
    ),
    "a long cell": lambda: book(sheet(ROW.replace("Meridian", "x" * 3_000_000))),
    "paths that climb": lambda: book(sheet(ROW), **{"../../../../tmp/climbed": b"x"}),
    "cut off": lambda: book(sheet(ROW))[:-200],
    "cut off early": lambda: book(sheet(ROW))[:600],
    "no sheet": lambda: book(b""),
    "no XML": lambda: book(b"\0\1\2" * 1000),
    "another encoding": lambda: book('<?xml version="1.0" encoding="utf-7"?>' + sheet(ROW)),
    "a million columns": lambda: ("number,name" + ",x" * 1_000_000 + "\nK-1,Meridian\n").encode(),
    "a million quotation marks": lambda: b"number,name\nK-1," + b'"' * 1_000_001 + b"\n",
    "a million lines of nothing": lambda: b"number,name\n" + b"\n" * 1_000_000 + b"K-1,Meridian\n",
    "direction": lambda: "number,name\nK-1,Meri\u202edian\n".encode(),
}


def memory() -> int:
    """The most that this process has held so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def read(browser) -> Upload:  # noqa: F811
    """The file that was handed in last, looked at, tried by a worker, and looked at again."""
    upload = Upload.objects.latest("pk")
    assert browser.get(upload.get_absolute_url()).status_code == 200
    act(browser, upload, "try")
    carrying.carry_out(upload.pk, at=timezone.now())
    assert browser.get(upload.get_absolute_url()).status_code == 200
    return Upload.objects.get(pk=upload.pk)


@pytest.mark.parametrize("kind", FILES)
def test_no_file_harms_whoever_reads_it(browser, kind):  # noqa: F811
    content = FILES[kind]()
    began, before = time.thread_time(), memory()
    answer = hand_in(browser, content, name=f"{kind}.xlsx")
    assert answer.status_code in (302, 422)
    if answer.status_code == 302:
        assert read(browser).state in ("tried", "unusable")
    took, grown = time.thread_time() - began, memory() - before
    assert took < LONGEST and grown < MOST, (took, grown)


def test_a_sound_workbook_is_read(browser):  # noqa: F811
    """Else the refusal of all others would prove nothing."""
    assert hand_in(browser, book(sheet(ROW))).status_code == 302
    upload = read(browser)
    assert (upload.state, upload.taken) == ("tried", 1)

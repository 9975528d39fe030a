"""Attached texts and PDFs become text in a fence under their name; other files are refused clearly."""

import io
import time

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.chat.attachments import is_readable, read_attachment
from playground.chat.pdf_text import read_pdf
from playground.errors import UnsupportedInput

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def pdf(*pages):
    """A PDF with one line of text on each page; None is a page without text."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode() if text else b""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def locked(password, **settings):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Hello")))
    writer.encrypt(password, algorithm="RC4-128", **settings)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_text_stands_in_a_fence_under_its_name():
    assert read_attachment(b"a = 1\r\nb = 2\r\n", "C:\\Users\\me\\sum.py").text == (
        "File: sum.py\n```py\na = 1\nb = 2\n```\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "utf-32"])
def test_any_usual_encoding_is_read(encoding):
    text = "Grüße aus Köln – schöne Tage, überall."  # noqa: RUF001 - a dash of Windows' own
    data = text.encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    assert text in read_attachment(data, "brief.txt").text


@pytest.mark.parametrize(
    "data", [b"# Title", b"a,b\n1,2", b'{"a": 1}', b"<p>Hi</p>", b"line\x1b[31m red", b"about %PDF-1.4 files"]
)
def test_texts_of_every_kind_are_read_as_they_are(data):
    assert is_readable(data)
    assert f"\n{data.decode()}\n" in read_attachment(data, "file").text


@given(st.text(alphabet="`abc \n", max_size=60).filter(str.strip))
def test_no_text_can_close_its_fence(text):
    lines = read_attachment(text.encode(), "x.md").text.splitlines()
    fence = lines[1].removesuffix("md")
    assert lines[-1] == fence
    assert all(fence not in line for line in lines[2:-1])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\nFile: b`<x>.txt", "a File: b x .txt"),
        ("", "file"),
        ("n" * 200 + ".txt", "n" * 80 + "…" + "n" * 15 + ".txt"),
    ],
)
def test_a_name_is_one_short_line_without_its_folder(name, shown):
    assert read_attachment(b"x", name).text.splitlines()[0] == f"File: {shown}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", r"report\.txt is empty \(0 bytes\)"),
        (b" \n\t ", "holds nothing but white space"),
        (PNG, "is not a text"),
        (b"PK\x03\x04" + bytes(range(256)), "is not a text"),
        (b"x" * 10_000_001, "has 10.0 MB; 10 MB of text is the most"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(data, said):
    with pytest.raises(UnsupportedInput, match=said) as caught:
        read_attachment(data, "report.txt")
    assert caught.value.code == "bad_attachment"


def test_a_megabyte_of_text_is_read_whole_and_quickly():
    text = "All work and no play. " * 50_000
    started = time.monotonic()
    assert text.strip() in read_attachment(text.encode(), "novel.txt").text
    assert time.monotonic() - started < 1


def test_a_pdf_is_read_page_by_page_and_pages_without_text_are_left_out():
    data = pdf("Hello world", None, "The end")
    assert is_readable(data)
    assert (
        read_attachment(data, "a.pdf").text == "File: a.pdf\n```pdf\n[Page 1]\nHello world\n\n[Page 3]\nThe end\n```\n"
    )


def test_a_pdf_that_only_forbids_printing_is_read():
    assert read_pdf(locked("", owner_password="owner"), "a.pdf") == "[Page 1]\nHello"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (pdf(None), "has no text in it, only pictures of pages. Attach the pages as pictures instead"),
        (locked("secret"), "is locked with a password"),
        (b"%PDF-1.4\nnothing", "is damaged and cannot be read"),
        (pdf("Hello")[:300], "is damaged and cannot be read"),
        (b"%PDF-", "is damaged and cannot be read"),
        (pdf(*["x"] * 1001), "has 1,001 pages; 1,000 is the most"),
    ],
    ids=["pictures", "locked", "no pdf", "cut off", "mark only", "many pages"],
)
def test_a_pdf_that_cannot_be_read_says_why(data, said):
    with pytest.raises(UnsupportedInput, match=said):
        read_attachment(data, "a.pdf")


def test_a_pdf_that_takes_too_long_is_given_up():
    with pytest.raises(UnsupportedInput, match=r"could not be read within 0\.01 seconds"):
        read_pdf(pdf(*["x" * 2000] * 900), "a.pdf", timeout_s=0.01)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    for candidate in (data, b"%PDF-1.7\n" + data):
        try:
            text = read_attachment(candidate, "x").text
        except UnsupportedInput as error:
            text = error.message
        assert text

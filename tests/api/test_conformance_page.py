"""The conformance page has a line for every probe, and each says that it works."""

import re

from docs.conformance.__main__ import PAGE, PROBES


def test_the_page_lists_every_probe_as_working():
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", PAGE.read_text("utf-8"), re.M)[1:]
    assert [(group, name) for group, name, _ in rows if group != "---"] == [(group, name) for group, name, _ in PROBES]
    assert {outcome for group, _, outcome in rows if group != "---"} == {"works"}

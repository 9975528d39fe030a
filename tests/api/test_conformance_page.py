"""The conformance page has a line for every probe, and each says that it works."""

import re
import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_lists_every_probe_as_working():
    probes = runpy.run_path(str(DOCS / "make_conformance.py"), run_name="probes")["PROBES"]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", (DOCS / "conformance.md").read_text("utf-8"), re.M)[1:]
    assert [(group, name) for group, name, _ in rows if group != "---"] == [(group, name) for group, name, _ in probes]
    assert {outcome for group, _, outcome in rows if group != "---"} == {"works"}

"""The project's own files agree with each other: README with the code, requirements.txt with pyproject.toml."""

import re
from pathlib import Path

from docs.readme_parts import rewritten, tree

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_the_files_and_settings_that_there_are():
    assert rewritten(README) == README, "run `python docs/readme_parts.py`"


def test_every_file_in_the_tree_says_what_it_is():
    silent = [line for line in tree().splitlines()[1:] if len(line.split(maxsplit=1)) < 2]
    assert not silent


def test_spaces_install_exactly_what_pyproject_declares():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    blocks = [re.search(rf"^{name} = \[(.*?)^\]", project, re.S | re.M) for name in ("dependencies", "embedded")]
    declared = [line for block in blocks for line in re.findall(r'"([^"]+)"', block[1])]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == declared


def test_the_readme_starts_the_app_and_the_tests_with_one_line_each():
    assert "pip install -e '.[embedded]' && python app.py" in README
    assert "pip install -e '.[embedded,test]' && pytest" in README

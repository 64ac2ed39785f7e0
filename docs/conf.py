"""How Sphinx builds these pages: `python -m sphinx -W docs docs/_build`."""

import re
from typing import Any

from spearmint_fp import __version__

project = "spearmint_fp"
author = "The spearmint_fp developers"
project_copyright = "2026, The spearmint_fp developers"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "spearmint_fp"
myst_heading_anchors = 3

default_role = "code"
napoleon_custom_sections = [("Source", "notes_style")]
napoleon_use_rtype = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_type_aliases = {"Path": "Path"}


def link_names(_: Any, page: str, source: list[str]) -> None:
    """In the list of all names, which is read as plain text too, each name leads to its full docstring."""
    if page == "reference/index":
        source[0] = re.sub(r"^\| `(\w+)` \|", r"| {py:obj}`\1 <spearmint_fp.\1>` |", source[0], flags=re.MULTILINE)


def setup(app: Any) -> None:
    app.connect("source-read", link_names)

"""How Sphinx builds these pages: `python -m sphinx -W docs docs/_build`."""

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

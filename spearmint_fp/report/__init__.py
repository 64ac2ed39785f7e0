"""Looking at results: rows, data frames, plots, a page, and what notebooks show.

Every module is light; the packages of the extra `[report]` are imported when a function needs them.
"""

from .columns import columns
from .frames import frame
from .page import html_page
from .plots import plot
from .rows import rows

__all__ = ["columns", "frame", "html_page", "plot", "rows"]

"""Markdown code blocks, and the output that their `# Output:` comments promise."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path
from typing import Any

FENCE = re.compile(r"^(`{3,})([^`\n]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str = "python") -> list[str]:
    """The page's code blocks in that language, in order."""
    return [body for _, kind, body in FENCE.findall(page.read_text(encoding="utf-8")) if kind == language]


def promised(block: str) -> list[str]:
    """The lines that a block says it prints: `# Output: text`, or the comment lines that follow a bare `# Output:`."""
    lines, found, listing = [line.strip() for line in block.splitlines()], [], False
    for line in lines:
        if line.startswith("# Output:"):
            text = line.removeprefix("# Output:").strip()
            listing = not text
            found += [re.sub(r" \(\d[^()]*×[^()]*\)$", "", text)] if text else []
        elif listing and line.startswith("#"):
            found.append(line.removeprefix("#").removeprefix(" "))
        else:
            listing = False
    return found


def run(block: str, names: dict[str, Any]) -> str:
    """The output of the block, run as a script would be, with `names` from the blocks before it."""
    ast.parse(block)
    names["__name__"] = "__main__"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block, "<page>", "exec", dont_inherit=True), names)
    return printed.getvalue()

"""`python -m spearmint_fp`, and the command `spearmint-fp`."""

from __future__ import annotations

import sys
from typing import Any

from .configuration.extras import suggest_install


def main() -> int:
    """Run the command line; without the package that it is made with, say how to get it."""
    try:
        from .cli.commands import cli
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write(f"Error: the command line needs a package: {suggest_install('cli')}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    _write_all(sys.stdout)
    return int(cli(prog_name="spearmint-fp") or 0)


def _write_all(stream: Any) -> None:
    """Have a character that the stream's encoding lacks written as an escape, instead of ending the command."""
    if hasattr(stream, "reconfigure"):  # there may be no stream at all
        stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())

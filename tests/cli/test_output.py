"""Standard output for data alone, and given back."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stdout

import pytest

from spearmint_fp.cli.output import reserve_output
from spearmint_fp.configuration.errors import FileError

CODE = """
import os, sys
from spearmint_fp.cli.output import reserve_output
print("before")
try:
    with reserve_output() as data:
        print("printed")
        os.write(1, b"written\\n")
        os.system("echo shelled")
        data.write("data\\n")
        raise ValueError
except ValueError:
    print("after")
os.system("echo at last")
"""


def test_what_others_print_goes_to_standard_error_until_it_is_left() -> None:
    done = subprocess.run([sys.executable, "-u", "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "before\ndata\nafter\nat last\n"
    assert done.stderr == "printed\nwritten\nshelled\n"


def test_a_stand_in_for_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with redirect_stdout(io.StringIO()) as out:
        with reserve_output() as data:
            print("printed")
            data.write("data")
        print(" after", end="")
    assert out.getvalue() == "data after"
    assert capsys.readouterr().err == "printed\n"


def test_without_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with reserve_output() as data:
        print("printed")
        data.write("data")
    assert out.getvalue() == "data"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
def test_where_standard_error_is_closed_what_others_print_goes_nowhere() -> None:
    closed = f"exec 2>&-; exec '{sys.executable}' -u -c '{CODE.replace(chr(39), chr(34))}'"
    done = subprocess.run(["sh", "-c", closed], capture_output=True, text=True, check=True)
    assert done.stdout == "before\ndata\nafter\nat last\n"


def test_where_standard_output_is_closed_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(FileError, match="standard output is closed"), reserve_output():
        pytest.fail("it was entered")

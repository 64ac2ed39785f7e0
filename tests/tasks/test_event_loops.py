"""Coroutines from plain code: Ctrl-C ends them at once, and nothing is left behind."""

from __future__ import annotations

import signal

import pytest

from tests.tasks.signals import send_signal

from ..workers.programs import seen, started

COROUTINES = {
    "sleeps": "await asyncio.sleep(HANG_SECONDS)",
    "blocks": "time.sleep(HANG_SECONDS)",
    "cleans up": """
        try:
            await asyncio.sleep(HANG_SECONDS)
        finally:
            await asyncio.sleep(0)
            cleaned.append(n)""",
    "swallows its cancellation": """
        while True:
            try:
                await asyncio.sleep(HANG_SECONDS)
            except asyncio.CancelledError:
                pass""",
    "waits for a thread": "await asyncio.to_thread(event.wait, HANG_SECONDS)",
    "has a task that goes on": """
        async def goes_on():
            while True:
                try:
                    await asyncio.sleep(HANG_SECONDS)
                except asyncio.CancelledError:
                    pass
        other = asyncio.create_task(goes_on())
        await asyncio.sleep(HANG_SECONDS)""",
}


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside a loop"])
@pytest.mark.parametrize("kind", COROUTINES)
def test_ctrl_c_ends_a_serial_run_of_coroutines(kind: str, inside: bool) -> None:
    code = f"""
import logging
logging.disable()
cleaned, event = [], threading.Event()
async def task(n):
    say = lambda: print("running", flush=True)
    say() if {kind == "blocks"} else asyncio.get_running_loop().call_later(0.1, say)  # when it waits
    if True:{COROUTINES[kind] if COROUTINES[kind].startswith(chr(10)) else " " + COROUTINES[kind]}
def main():
    try:
        list(run(task, range(3)))
    except KeyboardInterrupt:
        tell(interrupted=True, cleaned=cleaned)
        event.set()
async def inside():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as a notebook has it
    main()
{"asyncio.run(inside())" if inside else "main()"}
sys.stdout.flush()
os._exit(0)
"""
    got = send_signal(started(code), signal.SIGINT)
    assert got == {"interrupted": True, "cleaned": [0] if kind == "cleans up" else []}


def test_a_serial_run_of_coroutines_leaves_what_asyncio_run_leaves() -> None:
    got = seen(
        """
        log = []
        async def stream():
            try:
                yield 1
            finally:
                log.append("stream closed")
        async def background():
            try:
                await asyncio.sleep(HANG_SECONDS)
            finally:
                log.append("task cancelled")
        streams = []
        async def task(n):
            streams.append(stream())
            await anext(streams[-1])
            asyncio.create_task(background())
            await asyncio.sleep(0)
            return await asyncio.to_thread(lambda: n)
        outcomes = list(run(task, range(2)))
        tell(results=[o.result for o in outcomes], log=log, threads=threading.active_count())
        """
    )
    assert got == {"results": [0, 1], "log": ["task cancelled", "stream closed"] * 2, "threads": 1}

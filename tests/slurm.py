"""A SLURM of one node on this machine, in a folder of its own, for as long as a block takes."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import attrs

from .waiting import LIMIT_SECONDS, wait_until

PROGRAMS: Final = ("mungekey", "munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
"""The programs of Debian's packages `slurm-wlm` and `munge` that are called here."""

MISSING: Final = [program for program in PROGRAMS if shutil.which(program) is None]

SETTINGS: Final = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}
SlurmdSpoolDir={folder}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MinJobAge=86400
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE
"""
"""Nothing outside the folder is used. The node says that it has four processors, whether or not it has."""

ENDED: Final = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"}
"""The states of tasks that have ended."""


@attrs.frozen
class Slurm:
    """A running SLURM: commands are called with these variables in the environment."""

    variables: Mapping[str, str]

    def call(self, *command: str | Path, cwd: Path | None = None, **variables: str) -> str:
        """The output of a command; an error with its words where it fails."""
        ended = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, f"{command}: {ended.stderr}"
        return ended.stdout

    def list_states(self, job: str) -> list[str]:
        """The states of the tasks of a job, in the order of their numbers."""
        lines = self.call(
            "squeue", "--noheader", "--array", "--states=all", "--format=%K %T", f"--job={job}"
        ).splitlines()
        tasks = [(int(number) if number.isdigit() else -1, state) for number, state in map(str.split, lines)]
        return [state for _, state in sorted(tasks)]

    def wait_for(self, job: str) -> list[str]:
        """The states in which the tasks of a job have ended, once all have."""
        wait_until(lambda: ENDED.issuperset(self.list_states(job)), f"the end of job {job}")
        return self.list_states(job)


@contextmanager
def open_slurm(folder: Path) -> Iterator[Slurm]:
    """A SLURM that keeps its files in `folder`; at the end its jobs are cancelled and its programs have ended."""
    host = socket.gethostname().partition(".")[0]
    controller_port, node_port = _find_free_ports(2)
    settings, key, mailbox = folder / "slurm.conf", folder / "munge.key", folder / "munge.socket"
    settings.write_text(
        SETTINGS.format(
            host=host, controller_port=controller_port, node_port=node_port, user=getpass.getuser(), folder=folder
        )
    )
    folder.chmod(0o755)  # a mailbox that others cannot reach is refused
    slurm = Slurm({"SLURM_CONF": str(settings)})
    slurm.call("mungekey", "--create", "--keyfile", key)
    files = [f"--{name}-file={folder / name}" for name in ("pid", "seed", "log")]
    programs = [
        ["munged", "--foreground", "--force", f"--socket={mailbox}", f"--key-file={key}", *files],
        ["slurmctld", "-D", "-c"],
        ["slurmd", "-D"],
    ]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for program in programs:
            with (folder / f"{program[0]}.log").open("wb") as log:
                variables = {**os.environ, **slurm.variables}
                running.append(subprocess.Popen(program, env=variables, stdout=log, stderr=log))
        wait_until(lambda: _is_idle(slurm), f"the node of SLURM ({folder})")
        try:
            yield slurm
        finally:
            slurm.call("scancel", f"--user={getpass.getuser()}")
            wait_until(lambda: not slurm.call("squeue", "--noheader"), "the end of all jobs")
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(LIMIT_SECONDS)


def _find_free_ports(count: int) -> list[int]:
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in listening]
    for server in listening:
        server.close()
    return ports


def _is_idle(slurm: Slurm) -> bool:
    """True once the node takes jobs. Until the controller listens, asking fails."""
    command = ["sinfo", "--noheader", "--format=%T"]
    variables = {**os.environ, **slurm.variables}
    return subprocess.run(command, env=variables, capture_output=True, check=False).stdout.strip() == b"idle"

"""A Slurm of one node for tests: its three daemons in a folder of their own, on free ports of this machine."""

import os
import shutil
import socket
import subprocess
import time

CONFIGURATION = """\
ClusterName=deepres
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000 State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
"""Nothing is limited by cgroups, and the node claims more than it has: only the queue itself is tested."""

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
SECONDS = 30
"""The longest that a daemon may take to start."""


class SlurmOfOneNode:
    """Munge, controller and node, as this user.

    Args:
        folder: a new folder for all their files; its path must be short, as that of a socket must.
    """

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.configuration = os.path.join(self.folder, "slurm.conf")
        self.processes = []

    @staticmethod
    def findWhatIsMissing():
        """Why there can be no Slurm here, one sentence; empty if there can."""
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        if missing:
            return f"Slurm is not installed ({', '.join(missing)}); Debian: apt-get install slurm-wlm"
        return "" if os.getuid() == 0 else "Slurm's daemons are started by root alone here"

    def start(self):
        """Start the daemons, one after the other, and make their configuration this process's."""
        for name in ("state", "spool"):
            os.makedirs(os.path.join(self.folder, name))
        key = os.path.join(self.folder, "munge.key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o400), "wb") as stream:
            stream.write(os.urandom(64))
        with open(self.configuration, "w", encoding="ascii") as stream:
            ports, host = _findFreePorts(2), socket.gethostname().partition(".")[0]
            stream.write(CONFIGURATION.format(folder=self.folder, user="root", host=host, ports=ports))
        self.before = os.environ.get("SLURM_CONF")
        os.environ["SLURM_CONF"] = self.configuration
        munge = {name: os.path.join(self.folder, f"munge.{name}") for name in ("socket", "pid", "log", "seed")}
        options = [f"--{'pid-file' if name == 'pid' else name if name == 'socket' else f'{name}-file'}={path}"
                   for name, path in munge.items()]  # fmt: skip
        self._spawn("munged", "--foreground", "--force", f"--key-file={key}", *options)
        self._await(lambda: os.path.exists(munge["socket"]))
        self._spawn("slurmctld", "-D", "-i")
        self._spawn("slurmd", "-D")
        self._await(lambda: "idle" in _output("sinfo", "-h", "-o", "%T"))

    def stop(self):
        """Cancel all jobs, stop the daemons, last first, and give the configuration back."""
        if len(self.processes) == len(("munged", "slurmctld", "slurmd")):
            subprocess.run(["scancel", "--user=root"], check=False, capture_output=True, timeout=SECONDS)
        while self.processes:
            process = self.processes.pop()
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.before is None:
            os.environ.pop("SLURM_CONF", None)
        else:
            os.environ["SLURM_CONF"] = self.before

    def _spawn(self, *command):
        with open(os.path.join(self.folder, f"{command[0]}.out"), "wb") as output:
            self.processes.append(
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            )

    def _await(self, isReady):
        deadline = time.monotonic() + SECONDS
        while not isReady():
            if time.monotonic() > deadline or any(process.poll() is not None for process in self.processes):
                name = self.processes[-1].args[0]
                with open(os.path.join(self.folder, f"{name}.out"), encoding="utf-8", errors="replace") as output:
                    said = output.read()[-1000:]
                self.stop()
                raise RuntimeError(f"{name} did not start: {said}")
            time.sleep(0.2)


def _output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _findFreePorts(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports

"""The processor time of an idle portolan --watch on a pseudo terminal of 100 columns and 30 rows, in a network namespace of its own."""
import argparse
import os
import pty
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import fcntl
import termios

PROCESSES = 10


def hold(listeners, connections, ready):
    """A child that holds sockets until it is killed."""
    pid = os.fork()
    if pid:
        return pid
    sockets = []
    for port in listeners:
        one = socket.socket()
        one.bind(("127.0.0.1", port))
        one.listen(16)
        sockets.append(one)
    for number in range(connections):
        client = socket.create_connection(("127.0.0.1", listeners[number % len(listeners)]))
        sockets += [client, sockets[number % len(listeners)].accept()[0]]
    os.write(ready, b".")
    while True:
        signal.pause()


def processor_time(pid):
    """Seconds of a process, user and system."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """Its resident memory in MB."""
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read())[1]) / 1024


def read_for(terminal, seconds):
    """What the program writes in this time."""
    text, end = b"", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            text += os.read(terminal, 65536)
    return text


def measure(name, each, connections, seconds):
    """One situation."""
    readable, writable = os.pipe()
    first = 1024
    holders = []
    for number in range(PROCESSES):
        ports = range(first + number * each, first + (number + 1) * each)
        holders.append(hold(ports, connections // PROCESSES, writable))
    for _ in holders:
        os.read(readable, 1)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
        os.execv("out/portolan", ["portolan", "--watch"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    began = read_for(terminal, 30)
    before = processor_time(pid)
    written = read_for(terminal, seconds)
    share = 100 * (processor_time(pid) - before) / seconds
    every = re.findall(r"every ([0-9a-z]+)", (began + written).decode(errors="replace"))[-1]
    row = [name, f"{share:.2f}", every, f"{len(written) * 60 / seconds:.0f}", f"{memory(pid):.0f}"]
    os.write(terminal, b"q")
    read = b""
    try:
        while part := os.read(terminal, 65536):
            read += part
    except OSError:
        pass
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
    for holder in holders:
        os.kill(holder, signal.SIGKILL)
        os.waitpid(holder, 0)
    return row


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=120)
    options.add_argument("--out")
    chosen = options.parse_args()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    rows = [
        measure("20 listeners", 2, 0, chosen.seconds),
        measure("10,000 listeners", 1000, 0, chosen.seconds),
        measure("20 listeners, 10,000 connections", 2, 10000, chosen.seconds),
    ]
    heading = ["situation", "% of a core", "a look every", "bytes to the terminal in a minute", "MB"]
    lines = ["| " + " | ".join(cells) + " |" for cells in [heading, ["---"] * len(heading)] + rows]
    print("\n".join(lines))
    if chosen.out:
        os.makedirs(chosen.out, exist_ok=True)
        with open(os.path.join(chosen.out, "raw.csv"), "w") as raw:
            raw.writelines(",".join('"' + cell + '"' for cell in row) + "\n" for row in [heading] + rows)
        with open(os.path.join(chosen.out, "summary.md"), "w") as summary:
            summary.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())

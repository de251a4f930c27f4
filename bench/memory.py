"""How much memory this process ever had."""

import resource
from pathlib import Path


def peak_mb() -> float:
    """Our own memory at its highest, MB. (ru_maxrss would count what the parent had, too.)"""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024

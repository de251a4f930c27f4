"""Normalise: one raw dict in, records out. Pure: no I/O, no clock, no logging.

`PROCESSORS` names the module that reads each connector's words, under the connector's own name;
what they share (`identity`, `assistants`, `remotes`, …) has no connector.
"""

PROCESSORS: tuple[str, ...] = (
    "devhealth.processors.local",
    "devhealth.processors.github",
    "devhealth.processors.gitlab",
)

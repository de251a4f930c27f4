"""The text of an API token: `dh_`, 30 random characters, 6 of checksum.

An invitation's secret begins with `dhi_`, a refresh token with `dhr_`; each opens its own door.

The checksum refuses a typo without a query. It is no secret: what proves the token is its 178
random bits, so that a plain SHA-256 is kept of it (there is nothing to guess or to salt).
"""

import hashlib
import re
import secrets
import string
from zlib import crc32

ALPHABET = string.digits + string.ascii_letters
SHAPE = re.compile(r"(dh[ir]?)_([0-9A-Za-z]{30})([0-9A-Za-z]{6})")
API, INVITATION, REFRESH = "dh", "dhi", "dhr"
SHOWN = 9  # characters of the text that lists show


def new_text(kind: str = API) -> str:
    random = "".join(secrets.choice(ALPHABET) for _ in range(30))
    return f"{kind}_{random}{checksum(random)}"


def is_well_formed(text: str, kind: str = API) -> bool:
    match = SHAPE.fullmatch(text)
    return match is not None and match[1] == kind and checksum(match[2]) == match[3]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def checksum(random: str) -> str:
    """CRC-32 in six digits of base 62."""
    number, digits = crc32(random.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits

"""What a secret looks like in a text, and what stands there instead."""

import re

HIDDEN = "***"
SHAPES = re.compile(
    r"(?<=://)[^\s/@]*:[^\s/]*(?=@)"  # user:password of an address
    r"|(?<=[?&\s]password=)[^\s&'\"]+"
    r"|\bdh[ir]?_[0-9A-Za-z]{36}\b"
    r"|\b[sr]k_(?:live|test)_\w+"  # Stripe's
    r"|\bwhsec_[\w+/=-]+"  # of webhooks, Stripe's and ours
    r"|(?<=Bearer )\S+"
)


def hide(text: str) -> str:
    return SHAPES.sub(HIDDEN, text)

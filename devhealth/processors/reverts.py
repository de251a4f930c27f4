"""Which pull request another one takes back, by what GitHub's revert button writes.

The button names its branch `revert-7-…` and begins the body with `Reverts acme/api#7`; what people
write by hand counts where it is the same words. A revert of a revert names the revert.
"""

import re

_BRANCH = re.compile(r"revert-(\d{1,9})-.+")
_WORDS = re.compile(
    r"^Reverts[ \t]+(?:https?://[^/\s]+/)?(?:([\w.-]+/[\w.-]+)(?:/pull/|#)|#)(\d{1,9})\b",
    re.IGNORECASE | re.MULTILINE,
)


def reverted(full_name: str, number: int, branch: str, body: str) -> int | None:
    """The number of a pull request of the same repository, older than `number`. Null: none."""
    for repository, found in _WORDS.findall(body) if "everts" in body else ():
        if (repository or full_name).lower() == full_name.lower() and int(found) < number:
            return int(found)
    named = _BRANCH.fullmatch(branch)
    return int(named[1]) if named and int(named[1]) < number else None

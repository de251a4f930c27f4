"""Fetch: a provider's own words, page by page. One module and one class per provider.

`CONNECTORS` names every provider's module; nothing is imported until it is used. A provider's class
states its `name` and its `targets` (what it can fetch, each a method of that name); other modules
of this folder (`git_command`, `git_log`, `pipes`) state neither.
"""

CONNECTORS: tuple[str, ...] = (
    "devhealth.connectors.local",
    "devhealth.connectors.github",
    "devhealth.connectors.gitlab",
)

"""Which commits an AI assistant signed: a lower bound, most assistance leaves no trace.

Assistants sign as author or in Co-authored-by lines with the logins, addresses and names below,
which nobody else has.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from devhealth.processors.identity import handle_of

AI_LOGINS = frozenset(
    {
        "amazon-q-developer[bot]",
        "chatgpt-codex-connector[bot]",
        "claude[bot]",
        "codegen-sh[bot]",
        "copilot",
        "copilot-swe-agent[bot]",
        "cursor[bot]",
        "cursoragent",
        "devin-ai-integration[bot]",
        "factory-droid[bot]",
        "gemini-cli[bot]",
        "gemini-code-assist[bot]",
        "google-labs-jules[bot]",
        "gpt-engineer-app[bot]",
        "lovable-dev[bot]",
        "sweep-ai[bot]",
        "windsurf-bot[bot]",
    }
)
AI_ADDRESSES = frozenset(
    {
        "agent@warp.dev",
        "aider@aider.chat",
        "amp@ampcode.com",
        "cascade@windsurf.com",
        "codex@openai.com",
        "copilot@github.com",
        "crush@charm.land",
        "cursoragent@cursor.com",
        "devin@cognition.ai",
        "devin@devin.ai",
        "gemini-cli@google.com",
        "gemini-code-assist@google.com",
        "jules@google.com",
        "noreply@aider.chat",
        "noreply@ampcode.com",
        "noreply@anthropic.com",
        "noreply@codeium.com",
        "noreply@openai.com",
        "noreply@opencode.ai",
        "noreply@windsurf.com",
        "openhands@all-hands.dev",
        "qwen-coder@alibabacloud.com",
        "roomote@roocode.com",
    }
)
# Whole names only, and only those that no person bears: never "Claude", "Devin", "Jules" or "Amp".
AI_NAMES = re.compile(
    r"aider \(.+\)|.+ \(aider\)|claude code|claude (opus|sonnet|haiku) \d.*|codex cli|openai codex"
    r"|cursor (agent|ai)|devin ai|gemini (cli|code assist)"
    r"|(github )?copilot( (swe |coding )?agent)?"
    r"|google jules|jules \(google labs\)|windsurf (cascade|ai)|sourcegraph amp"
)


def ai_assistance(name: str, email: str, co_authors: Iterable[tuple[str, str]] = ()) -> str:
    """`assisted` if the author or a co-author (name, address) is a known assistant, else `none`."""
    is_assisted = _is_assistant(name, email) or any(_is_assistant(*one) for one in co_authors)
    return "assisted" if is_assisted else "none"


@lru_cache(maxsize=1 << 14)
def _is_assistant(name: str, email: str) -> bool:
    address = email.strip().lower()
    login = (handle_of(address) or "").partition(":")[2]
    return (
        address in AI_ADDRESSES
        or login in AI_LOGINS
        or AI_NAMES.fullmatch(name.strip().lower()) is not None
    )

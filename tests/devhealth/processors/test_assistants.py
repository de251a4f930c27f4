import pytest

from devhealth.processors.assistants import ai_assistance

ADA = ("Ada Lovelace", "ada@example.com")


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Claude", "noreply@anthropic.com"),
        ("Claude Sonnet 4.5", "x@example.com"),
        ("Claude Code", ""),
        ("Copilot", "175728472+Copilot@users.noreply.github.com"),
        ("GitHub Copilot", "x@example.com"),
        ("copilot-swe-agent[bot]", "198982749+Copilot@users.noreply.github.com"),
        ("Cursor", "cursoragent@cursor.com"),
        ("Devin AI", "158243242+devin-ai-integration[bot]@users.noreply.github.com"),
        ("aider (gpt-4o)", "x@example.com"),
        ("Ada Lovelace (aider)", "ada@example.com"),
        ("Codex", "codex@openai.com"),
        ("x", "176961590+gemini-code-assist[bot]@users.noreply.github.com"),
        ("x", "161369871+google-labs-jules[bot]@users.noreply.github.com"),
        ("Amp", "Amp@ampcode.com "),
        ("Windsurf Cascade", ""),
    ],
)
def test_an_assistant_is_known_as_author_and_as_co_author(name, email):
    assert ai_assistance(name, email) == ai_assistance(*ADA, [ADA, (name, email)]) == "assisted"


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Claude", "claude@example.com"),
        ("Claude Monet", "claude.monet@example.com"),
        ("Claude Sonnet", "c.sonnet@example.com"),
        ("Devin Townsend", "devin@example.com"),
        ("Jules Verne", "1+jules@users.noreply.github.com"),
        ("Ada", "ada@anthropic.com"),
        ("Ada", "ada@openai.com"),
        ("Ada", "ada@cursor.com"),
        ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
        ("", ""),
    ],
)
def test_people_and_other_bots_are_no_assistants(name, email):
    assert ai_assistance(name, email, [(name, email)]) == "none"

import pytest

from devhealth.processors.reverts import reverted


@pytest.mark.parametrize(
    ("branch", "body", "number"),
    [
        ("revert-7-lamp", "", 7),
        ("lamp", "Reverts acme/api#7", 7),
        ("lamp", "It broke.\n\nReverts #7.", 7),
        ("lamp", "Reverts https://github.com/Acme/API/pull/7", 7),
        ("revert-8-revert-7-lamp", "Reverts acme/api#8", 8),
        ("revert-7-lamp", "Reverts acme/web#3", 7),
        ("lamp", "Reverts acme/web#7", None),
        ("lamp", "This reverts nothing, see #7", None),
        ("lamp", "Reverts acme/api#9", None),  # itself
        ("revert-12-lamp", "", None),  # one that came later
        ("revert-lamp", "", None),
        ("revert-7", "", None),
    ],
)
def test_what_number_nine_takes_back(branch, body, number):
    assert reverted("acme/api", 9, branch, body) == number

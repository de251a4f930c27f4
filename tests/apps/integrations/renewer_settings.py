"""The service's own settings, with an Atlassian on 127.0.0.1."""

import os

from config.settings import *  # noqa: F403

ATLASSIAN_URLS = dict.fromkeys(("auth", "api"), os.environ["ATLASSIAN"])

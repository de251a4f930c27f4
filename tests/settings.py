"""`config.settings` under test: the servers start later, with the first test that needs one.

`tests/conftest.py` then puts their addresses in place of these, where nothing listens.
"""

import os

_NOWHERE = {
    "CONTROL_DATABASE_URI": "postgresql://devhealth@127.0.0.1:1/devhealth",
    "DATABASE_URI": "postgresql://devhealth@127.0.0.1:1/devhealth",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
_added = [name for name in _NOWHERE if not os.environ.get(name)]
os.environ.update({name: _NOWHERE[name] for name in _added})
os.environ.update(
    DEVHEALTH_ENV="development",
    DJANGO_SECRET_KEY="only for tests",
    DEVHEALTH_ENCRYPTION_KEYS=f"tests:{'07' * 21}0=",
)

from config.settings import *  # noqa: E402, F403

for _name in _added:  # what the environment names, the embedded services would not start
    del os.environ[_name]

ANSWERS_SECONDS = 0  # tests write to the store themselves; `test_answers` and `isolation` keep them
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

"""How the front says no: ClickHouse's code and sentence, and the HTTP status they go with."""

import re

SAID = re.compile(r"Code: (\d+)\. DB::Exception: (.*)", re.DOTALL)
SYNTAX, NOT_IMPLEMENTED, READONLY, ENDING, CANNOT_DECOMPRESS = 62, 48, 164, 236, 354
BODY_CUT, UNKNOWN_SETTING, AUTHENTICATION_FAILED = 33, 115, 516
SESSION_NOT_FOUND, SESSION_IS_LOCKED, INVALID_SESSION_TIMEOUT, STD_EXCEPTION = 372, 373, 374, 1001
UNKNOWN = (46, 47, 50, 56, 60, 63, 73, 81, UNKNOWN_SETTING)  # function, table, database, format …
STATUSES = {
    **dict.fromkeys(UNKNOWN, 404),
    **dict.fromkeys((SYNTAX, BODY_CUT, CANNOT_DECOMPRESS, INVALID_SESSION_TIMEOUT), 400),
    AUTHENTICATION_FAILED: 403,
    159: 408,  # max_execution_time
    NOT_IMPLEMENTED: 501,
    ENDING: 503,
}


class Refusal(Exception):
    """The body of a reply: `Code: N. DB::Exception: …`."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {sentence}")
        self.code = code
        self.status = STATUSES.get(code, 500)


def refusal(error: RuntimeError) -> Refusal:
    """What the engine said, without what its Python binding put before it."""
    said = SAID.search(str(error))
    return Refusal(int(said[1]), said[2].strip()) if said else Refusal(STD_EXCEPTION, str(error))

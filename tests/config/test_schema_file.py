from config.schema_file import COMMAND, PATH, sdl


def test_the_committed_schema_is_the_schema():
    assert PATH.read_text() == sdl(), f"If the change is meant: {COMMAND}"

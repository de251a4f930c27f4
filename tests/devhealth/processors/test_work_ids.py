from devhealth.processors.work_ids import work_item_id, work_scope_id


def test_ids_are_of_the_site_and_the_providers_own_id():
    ids = {
        work_item_id("github.com", "7"),
        work_item_id("ghe.acme.example", "7"),
        work_item_id("github.com", "8"),
        work_scope_id("github.com", "7"),
    }
    assert len(ids) == 4


def test_ids_stay_through_all_time():
    """They are in stores: whoever changes them has every item twice."""
    assert str(work_item_id("github.com", "7")) == "4cb8e0d3-0587-5251-9ef9-32d54a4f23ba"
    assert (
        str(work_scope_id("acme.atlassian.net", "10001")) == "92efc6e2-cb8b-55ee-9a66-68d2158b4149"
    )

"""Merge requests and projects of a GitLab on the loopback peer."""

from itertools import pairwise

from devhealth.connectors.gitlab import GitLab, api_of, token_of
from devhealth.errors import DevHealthError
from devhealth.http import Bearer, Deferred, MemoryEtags, Missing, Refreshing, Unauthorized
from devhealth.processors import gitlab as processor
from tests.devhealth.connectors.gitlab_asking import (
    PATH,
    asking,
    ids,
    items,
    many,
    numbers,
    posts,
    read,
)
from tests.provider import faults, listed
from tests.provider.gitlab import Lab, node_of, too_complex
from tests.provider.gitlab_things import (
    API,
    BOB,
    at,
    raw_commit,
    raw_event,
    raw_merge_request,
    raw_note,
    raw_project,
    text,
)


def serving(peer, **world):
    lab = Lab(**world)
    lab.serve(peer)
    return lab


def raised(act):
    try:
        act()
    except DevHealthError as error:
        return error
    raise AssertionError("It went well.")


def test_the_token_stands_in_gitlabs_own_header(peer, time):
    serving(peer)
    asking(peer, time, lambda lab: lab.repository())
    assert peer.seen[0].headers["private-token"] == "s3cr3t"
    assert peer.paths() == ["/api/v4/projects/acme%2Fweb%2Fapi"]


def test_a_token_of_oauth_that_is_refused_is_renewed_once(peer, time):
    serving(peer, merge_requests=many(1))
    asked = []

    async def token(*, is_rejected):
        asked.append(is_rejected)
        return "new" if any(asked) else "old"

    peer.misbehave(faults.expired)
    found = asking(peer, time, lambda lab: read(lab.prs()), auth=Refreshing(token))
    assert numbers(found) == [1]
    told = [each.headers["authorization"] for each in peer.seen]
    assert told == ["Bearer old", "Bearer new", "Bearer new"]


def test_a_credential_that_graphql_refuses_is_refused(peer, time):
    serving(peer, merge_requests=many(1))
    peer.misbehave(faults.expired, times=9, path="/api/graphql")
    assert isinstance(raised(lambda: items(peer, time, "prs")), Unauthorized)


def test_a_query_with_too_many_points_is_halved(peer, time):
    serving(peer, merge_requests=many(40))
    told = {"errors": [too_complex(300)]}
    peer.misbehave(faults.answering(200, told), path="/api/graphql")
    assert numbers(items(peer, time, "prs")) == list(range(1, 41))
    assert [len(each.json["variables"]["iids"]) for each in posts(peer)] == [40, 20, 20]


def test_a_list_below_one_that_is_lost_on_the_way_comes_by_rest(peer, time):
    lab = serving(
        peer, merge_requests=many(1, notes=[raw_note(n, BOB, "Hm", at(10)) for n in range(150)])
    )
    lab.detailed = lambda iid, first=[True]: (  # it is there once
        node_of(lab.merge_requests[0]) if first and first.pop() else None
    )
    [found] = items(peer, time, "prs")
    assert len(found["notes"]) == 150


def test_an_instance_of_ones_own_has_its_api_below_its_address():
    assert api_of() == "https://gitlab.com/api"
    assert api_of("https://git.corp/gitlab/") == "https://git.corp/gitlab/api"
    assert "s3cr3t" not in repr(token_of("s3cr3t")) + repr(Bearer("s3cr3t"))


def test_a_hundred_merge_requests_take_two_requests(peer, time):
    serving(peer, merge_requests=many(100))
    found = items(peer, time, "prs")
    assert numbers(found) == list(range(1, 101))
    assert len(peer.seen) == 2
    assert all(each["details"]["iid"] == str(each["iid"]) for each in found)


def test_the_query_has_few_points_however_many_it_asks_for(peer, time):
    lab = serving(peer, merge_requests=many(100))
    items(peer, time, "prs")
    assert lab.points == [55]


def test_what_is_brought_makes_a_record(peer, time):
    raw = raw_merge_request(
        notes=[
            raw_note(1, BOB, "Why?", at(10), type="DiffNote", resolvable=True),
            raw_event(2, BOB, "approved this merge request", at(11)),
        ],
        commits=[raw_commit(1, at(7))],
    )
    serving(peer, merge_requests=[raw])
    [found] = items(peer, time, "prs")
    told = processor.pull_request(found, API)
    assert [each.state for each in told.reviews] == ["commented", "approved"]
    assert [each.kind for each in told.comments] == ["review"]
    assert (told.pull_request.loc_changed, told.pull_request.changes_requested_count) == (60, 0)


def test_a_window_holds_what_changed_in_it(peer, time):
    serving(peer, merge_requests=many(30))
    assert numbers(items(peer, time, "prs", at(0, 10), at(0, 12))) == [10, 11, 12]


def test_all_windows_together_hold_everything(peer, time):
    serving(peer, merge_requests=many(250))
    days = [None, at(1), at(2, 30), at(4), None]
    found = [
        number
        for since, before in pairwise(days)
        for number in numbers(items(peer, time, "prs", since, before))
    ]
    assert set(found) == set(range(1, 251))


def test_many_pages_bring_each_thing_once(peer, time):
    serving(peer, merge_requests=many(250))
    assert numbers(items(peer, time, "prs")) == list(range(1, 251))


def test_more_than_a_page_of_one_instant(peer, time):
    serving(peer, merge_requests=many(250, updated_at=text(at(12))))
    assert numbers(items(peer, time, "prs")) == list(range(1, 251))


def test_what_changes_while_the_list_is_read_hides_nothing(peer, time):
    """!1 moves to the end after the first page: a counted second page would begin at !102."""
    lab = serving(peer, merge_requests=many(150))

    async def act(connector):
        found = []
        async for page in connector.prs():
            found += numbers(page.items)
            lab.merge_requests[0]["updated_at"] = text(at(23))
        return found

    found = asking(peer, time, act)
    assert found == [*range(1, 151), 1]


def test_a_warm_sync_without_changes_takes_one_request(peer, time):
    serving(peer, merge_requests=many(100))
    assert items(peer, time, "prs", at(12)) == []
    assert len(peer.seen) == 1


def test_a_list_that_is_as_it_was_is_not_read_again(peer, time):
    serving(peer, merge_requests=many(3))
    etags = Deferred(MemoryEtags())

    async def act(connector):
        connector._client._etags = etags
        first = await read(connector.prs(at(0)))
        await etags.commit()
        return first, await read(connector.prs(at(0)))

    first, second = asking(peer, time, act, is_conditional=True)
    assert numbers(first) == [1, 2, 3]
    assert second == []
    assert len(peer.seen) == 3


def test_too_many_at_once_are_halved_and_the_half_is_remembered(peer, time):
    serving(peer, merge_requests=many(199), most=50)
    assert numbers(items(peer, time, "prs")) == list(range(1, 200))
    assert [len(each.json["variables"]["iids"]) for each in posts(peer)] == [100, 50, 50, 50, 49]


def test_a_gateway_that_gives_up_is_asked_for_half(peer, time):
    serving(peer, merge_requests=many(40))
    peer.misbehave(faults.too_large(20), times=9, path="/api/graphql")
    assert numbers(items(peer, time, "prs")) == list(range(1, 41))
    assert [len(each.json["variables"]["iids"]) for each in posts(peer)] == [40, 20, 20]


def test_one_that_is_too_much_alone_comes_by_rest(peer, time):
    commits = [raw_commit(1, at(7))]
    serving(peer, merge_requests=many(20, commits=commits), heavy={"7"})
    found = items(peer, time, "prs")
    assert numbers(found) == list(range(1, 21))
    assert [each["iid"] for each in found if "details" not in each] == [7]
    assert found[6]["commits"] == commits


def test_lists_below_a_merge_request_are_read_to_their_ends(peer, time):
    notes = [raw_note(number, BOB, "Hm", at(10)) for number in range(1, 251)]
    commits = [raw_commit(number, at(7)) for number in range(1, 121)]
    serving(peer, merge_requests=many(2, notes=notes, commits=commits))
    found = items(peer, time, "prs")
    for each in found:
        told = processor.pull_request(each, API)
        assert [comment.comment_id for comment in told.comments] == [str(n) for n in range(1, 251)]
        assert len(told.commits) == 120


def test_commits_that_may_not_be_read(peer, time):
    serving(peer, merge_requests=many(1, commits=None))
    [found] = items(peer, time, "prs")
    assert found["details"]["commits"] is None


def test_a_field_that_an_instance_does_not_know_is_left_out_and_said(peer, time):
    serving(peer, merge_requests=many(100), unknown=("Commit.authorEmail", "Query.metadata"))

    async def act(connector):
        return await read(connector.prs()), connector.notes

    found, notes = asking(peer, time, act)
    assert len(found) == 100
    assert found[0]["instance_version"] is None
    assert [note.partition("`")[2].partition("`")[0] for note in notes] == [
        "authorEmail",
        "metadata",
    ]
    assert len(posts(peer)) == 2


def test_an_instance_that_cannot_answer_is_read_by_rest_and_that_is_said(peer, time):
    serving(
        peer,
        merge_requests=many(2, notes=[raw_note(1, BOB, "Hm", at(10))]),
        unknown=("MergeRequest.notes",),
    )

    async def act(connector):
        return await read(connector.prs()), connector.notes

    found, notes = asking(peer, time, act)
    assert [len(each["notes"]) for each in found] == [1, 1]
    assert "it has no `notes`" in notes[0]
    assert processor.pull_request(found[0], API).pull_request.changes_requested_count is None
    assert len(posts(peer)) == 1


def test_a_project_that_graphql_does_not_show_is_read_by_rest(peer, time):
    serving(peer, merge_requests=many(1, commits=None), hidden={"mergeRequests"})
    [found] = items(peer, time, "prs")
    assert found["commits"] is None


def test_one_that_is_gone_since_it_was_listed_is_left_out(peer, time):
    lab = serving(peer, merge_requests=many(2))

    def vanish(asked, told):
        lab.merge_requests.pop()
        return told

    peer.misbehave(vanish, path="*/merge_requests")
    assert numbers(items(peer, time, "prs")) == [1]


def test_what_is_listed_without_a_number_is_left_to_whoever_reads_it(peer, time):
    serving(peer, merge_requests=[raw_merge_request(iid=None), *many(1)])
    found = items(peer, time, "prs")
    assert sorted(map(str, numbers(found))) == ["1", "None"]
    assert "details" not in next(each for each in found if each["iid"] is None)


def test_a_renamed_project_is_found_and_asked_for_by_its_new_path(peer, time):
    renamed = raw_project(path_with_namespace="acme/platform/api")
    serving(peer, project=renamed, old_paths={PATH}, merge_requests=many(1))

    async def act(connector):
        await connector.repository()
        return await read(connector.prs())

    [found] = asking(peer, time, act)
    assert found["details"]
    assert peer.paths()[1] == "/api/v4/projects/70/merge_requests"
    assert posts(peer)[0].json["variables"]["path"] == "acme/platform/api"


def test_a_redirect_of_a_renamed_project_is_followed(peer, time):
    serving(peer)
    peer.misbehave(faults.moved("/api/v4/projects/70"))
    assert asking(peer, time, lambda lab: lab.repository())["id"] == 70


def test_a_project_that_is_gone_is_missing(peer, time):
    serving(peer, project=raw_project(path_with_namespace="acme/other", id=71))
    error = raised(lambda: asking(peer, time, lambda lab: lab.repository()))
    assert isinstance(error, Missing)


def test_limits_are_kept_by_both_apis_together(peer, time):
    peer.grace = 0.5
    serving(peer, merge_requests=many(500))
    peer.limit("core", most=4, seconds=30)
    assert len(items(peer, time, "prs")) == 500
    assert peer.violations == []


def test_half_an_answer_is_asked_for_again(peer, time):
    serving(peer, merge_requests=many(3))
    peer.misbehave(faults.truncated, faults.broken, times=1)
    assert numbers(items(peer, time, "prs")) == [1, 2, 3]


def test_a_sweep_finds_all_numbers_and_nothing_more(peer, time):
    serving(peer, merge_requests=many(250))
    assert {processor.known_by("prs", each) for each in ids(peer, time, "prs")} == {
        str(number) for number in range(1, 251)
    }
    assert posts(peer) == []
    assert {each.query["view"] for each in peer.seen} == {"simple"}


def found_projects(peer, time, pattern):
    async def act(connector):
        return await read(GitLab.search(connector._client, pattern))

    return [each["path_with_namespace"] for each in asking(peer, time, act)]


def test_projects_of_a_group_are_found_with_those_of_its_subgroups(peer, time):
    paths = ["acme/api", "acme/web/api", "acme/web/site"]
    serving(peer, projects={"acme": [{"path_with_namespace": path} for path in paths]})
    assert found_projects(peer, time, "acme/*") == paths
    assert peer.seen[-1].query["include_subgroups"] == "true"
    assert found_projects(peer, time, "acme/*site") == ["acme/web/site"]


def test_all_projects_of_a_credential(peer, time):
    serving(peer)
    projects = listed([{"path_with_namespace": "a/b"}], style="gitlab")
    peer.route("GET", "/api/v4/projects", projects)
    assert found_projects(peer, time, "*") == ["a/b"]
    assert peer.seen[-1].query["membership"] == "true"


def test_projects_of_a_person(peer, time):
    serving(peer, projects={"users/ada": [{"path_with_namespace": "ada/notes"}]})
    assert found_projects(peer, time, "ada/*") == ["ada/notes"]

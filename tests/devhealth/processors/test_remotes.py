import pytest

from devhealth.processors.remotes import remote


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/Acme/Api.git",
        "https://github.com/Acme/Api",
        "https://github.com/Acme/Api/",
        "https://github.com:443/Acme/Api.git/",
        "https://user:token@github.com/Acme/Api.git",
        "https://token@GitHub.com/Acme/Api.git?access_token=x#y",
        "http://www.github.com/Acme/Api.git",
        "ssh://git@github.com/Acme/Api.git",
        "ssh://git@ssh.github.com:443/Acme/Api.git",
        "git+ssh://git@github.com:22/Acme/Api.git",
        "git://github.com/Acme/Api.git",
        "git@github.com:Acme/Api.git",
        "git@github.com:/Acme/Api.git",
        "github.com:Acme/Api",
    ],
)
def test_every_spelling_is_one_address(url):
    found = remote(url)
    assert (found.host, found.path, found.url) == (
        "github.com",
        "Acme/Api",
        "https://github.com/Acme/Api",
    )


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("git@gitlab.com:acme/platform/core/api.git", "gitlab.com", "acme/platform/core/api"),
        ("git@[2001:db8::1]:acme/api.git", "2001:db8::1", "acme/api"),
        ("ssh://git@[2001:db8::1]:2222/acme/api.git", "2001:db8::1", "acme/api"),
    ],
)
def test_groups_nest_and_hosts_may_be_numbers(url, host, path):
    found = remote(url)
    assert (found.host, found.path) == (host, path)


@pytest.mark.parametrize(
    ("url", "opens_at"),
    [
        ("https://git.acme.example:8443/a/b.git", "https://git.acme.example:8443/a/b"),
        ("ssh://git@git.acme.example:2222/a/b.git", "https://git.acme.example/a/b"),
        ("git@[2001:db8::1]:a/b.git", "https://[2001:db8::1]/a/b"),
    ],
)
def test_a_browser_needs_the_port_of_https_and_no_other(url, opens_at):
    assert remote(url).url == opens_at


@pytest.mark.parametrize("url", ["https://u:secret@h.example:8443/a/b", "u:secret@h.example:a/b"])
def test_no_credential_is_kept(url):
    assert "secret" not in repr(remote(url))


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/srv/git/api.git",
        "../api",
        "./a:b",
        "file:///srv/git/api.git",
        "ext::sh -c x",
        "https://[broken/api",
        "https://host.example:port/api",
        "https://github.com/",
        "https:///acme/api",
        "codecommit::eu-west-1://api",
        "host.example:",
    ],
)
def test_what_leads_to_no_host_is_no_remote(url):
    assert remote(url) is None

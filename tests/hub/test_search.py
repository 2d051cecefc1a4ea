"""What `docker search` asks, and Docker Hub's own search, as programs read them."""

from typing import Any

import pytest

from tests.api.site import Caller, Site, scope, unique
from tests.hub.conftest import Pusher
from tests.programs.waiting import until

LINE = {"name", "description", "star_count", "is_official", "is_automated", "is_trusted"}
ENTRY = {
    "repo_name", "short_description", "star_count", "pull_count", "repo_owner", "is_automated",
    "is_official",
}  # fmt: skip


def search(who: Caller, **query: object) -> Any:
    """What /v1/search answers."""
    answer = who.ask("GET", "/v1/search", params={key: str(query[key]) for key in query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def hub_search(who: Caller, **query: object) -> Any:
    """What Docker Hub's search answers."""
    params = {key: str(query[key]) for key in query}
    answer = who.ask("GET", "/v2/search/repositories/", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(who: Caller, text: str) -> list[str]:
    return [each["name"] for each in search(who, q=text)["results"]]


class Shelf:
    """Repositories with a word in common: an official one, a public one and a private one."""

    def __init__(self, site: Site, pusher: Pusher) -> None:
        self.word = unique("quark").replace("-", "")
        self.owner = site.person()
        self.official = self.word
        self.public = f"{self.owner.name}/{self.word}"
        self.private = f"{self.owner.name}/secret-{self.word}"
        pusher(site.admin, self.official).push_image("v1")
        for name in (self.public, self.private):
            pusher(self.owner, name).push_image("v1")
        for name in (self.official, self.public):
            site.admin.do("PATCH", f"/repositories/{name}", visibility="public")
        site.admin.do("PATCH", f"/repositories/{self.public}", description="A tool")
        for who in (self.owner, site.admin):
            who.do("PUT", f"/stars/{self.public}")
        until(lambda: len(found(self.owner, self.word)) == 3)
        until(lambda: search(self.owner, q=self.word)["results"][1]["description"] == "A tool")


@pytest.fixture(scope="module")
def shelf(site: Site, pusher: Pusher) -> Shelf:
    return Shelf(site, pusher)


def test_ping(site: Site) -> None:
    for who in (site.nobody, site.admin):
        answer = who.ask("GET", "/v1/_ping")
        assert (answer.status_code, answer.json()) == (200, {"standalone": True})


def test_the_answer_to_docker(site: Site, shelf: Shelf) -> None:
    answer = search(site.nobody, q=shelf.word)
    results = answer.pop("results")
    assert answer == {
        "query": shelf.word, "page": 1, "page_size": 25, "num_results": 2, "num_pages": 1,
    }  # fmt: skip
    assert all(each.keys() == LINE for each in results)
    official, public = results
    assert (official["name"], official["is_official"]) == (shelf.official, True)
    assert official["description"] == ""
    assert public == {
        "name": shelf.public, "description": "A tool", "star_count": 2,
        "is_official": False, "is_automated": False, "is_trusted": False,
    }  # fmt: skip


def test_who_sees_what(site: Site, shelf: Shelf) -> None:
    everything = [shelf.official, shelf.public, shelf.private]
    shown = everything[:2]
    stranger = site.person()
    for who in (
        site.nobody,
        stranger,
        stranger.token(),
        stranger.bearer("registry:catalog:search"),
    ):
        assert found(who, shelf.word) == shown
    owner = shelf.owner
    for who in (owner, owner.token(), owner.bearer("registry:catalog:search"), site.admin):
        assert found(who, shelf.word) == everything
    assert found(owner.bearer("registry:catalog:*"), shelf.word) == everything
    assert found(owner.bearer(f"repository:{shelf.private}:pull"), shelf.word) == everything
    assert found(owner.bearer(f"repository:{shelf.public}:pull"), shelf.word) == shown
    assert found(owner.token(scope(f"{owner.name}/other", "pull")), shelf.word) == shown
    robot = owner.robot(owner.name, scope(f"{owner.name}/*", "pull"))
    assert found(robot, shelf.word) == everything


def test_who_was_given_a_role_finds_it(site: Site, shelf: Shelf) -> None:
    reader = site.person()
    roles = f"/repository-roles/{shelf.private}"
    shelf.owner.do("PUT", roles, account=reader.name, role="reader")
    assert shelf.private in found(reader, shelf.word)
    shelf.owner.do("DELETE", f"{roles}?account={reader.name}")
    assert shelf.private not in found(reader, shelf.word)


def test_an_empty_name_and_password_are_nobody(site: Site, shelf: Shelf) -> None:
    """As the Docker engine sends them over HTTPS when it has none."""
    nobody = Caller(site.http, headers={"authorization": "Basic Og=="})
    assert found(nobody, shelf.word) == [shelf.official, shelf.public]


def test_wrong_credentials_are_told(site: Site) -> None:
    for shown in ("Basic YWxpY2U6d3Jvbmc=", "Bearer nonsense", "JWT nonsense", "Bearer ept_wrong"):
        answer = Caller(site.http, headers={"authorization": shown}).ask("GET", "/v1/search?q=a")
        assert answer.status_code == 401, shown
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_podman_is_sent_on_where_nothing_is_public(site: Site, shelf: Shelf) -> None:
    """It shows its login to the catalog alone, and goes there only after a refusal."""
    podman = Caller(site.http, headers={"user-agent": "containers/5.23.1 (example)"})
    assert found(podman, shelf.word) == [shelf.official, shelf.public]
    private = shelf.private.partition("/")[2]
    assert podman.ask("GET", f"/v1/search?q={private}").status_code == 404
    assert found(site.nobody, private) == []


def test_pages(site: Site, shelf: Shelf) -> None:
    first = search(shelf.owner, q=shelf.word, n=2)
    assert (first["num_results"], first["num_pages"], len(first["results"])) == (3, 2, 2)
    second = search(shelf.owner, q=shelf.word, n=2, page=2)
    assert second["page"] == 2
    assert [each["name"] for each in second["results"]] == [shelf.private]
    assert search(shelf.owner, q=shelf.word, n=2, page=3)["results"] == []
    assert search(shelf.owner, q=shelf.word, n=2, page=999_999)["results"] == []


@pytest.mark.parametrize(
    ("n", "size"), [("1", 1), ("100", 100), ("200", 100), ("0", 25), ("-1", 25), ("x", 25),
                    ("", 25), ("9" * 40, 25), ("1e3", 25), ("²", 25)],
)  # fmt: skip
def test_any_n_is_put_right(site: Site, n: str, size: int) -> None:
    assert search(site.nobody, q="a", n=n)["page_size"] == size


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "9" * 40, "²"])
def test_any_page_is_put_right(site: Site, page: str) -> None:
    assert search(site.nobody, q="a", page=page)["page"] == 1


def test_a_name_with_its_namespace(site: Site, shelf: Shelf) -> None:
    assert found(site.nobody, shelf.public)[0] == shelf.public
    assert found(site.nobody, f"library/{shelf.official}")[0] == shelf.official
    assert (
        site.nobody.ask("GET", f"/v1/search?q={shelf.public.replace('/', '%2F')}").json()[
            "results"
        ][0]["name"]
        == shelf.public
    )


def test_without_a_word_all_is_listed(site: Site, shelf: Shelf) -> None:
    for query in ({}, {"q": ""}, {"q": "   "}):
        answer = search(site.nobody, n=100, **query)
        listed = [each["name"] for each in answer["results"]]
        assert {shelf.official, shelf.public} <= set(listed)
        assert shelf.private not in listed


ODD = (
    '"', "'", "' OR 1=1 --", "*", "a*", "NEAR(a b)", "a AND", "(", "sha256:",
    "-a", "a:b:c", "%", "_", "\\", "💥", "\u202e", "ﬁ", "镜像仓库", "x" * 10_000, "a " * 5_000,
    "is:", "stars:>=x", "stars:99999999999999999999", "library/", "/", "//", "sha256:" + "a" * 64,
)  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=repr)
def test_no_word_is_too_odd(site: Site, text: str) -> None:
    answer = search(site.nobody, q=text)
    assert answer["num_results"] >= len(answer["results"])
    hub_search(site.nobody, query=text)


def test_bytes_that_are_no_text(site: Site) -> None:
    for query in ("q=%ff%fe", "q=%ed%a0%80", "q", "q=a&q=b", "&&&", "q=%", "%ff=%ff"):
        assert site.nobody.ask("GET", f"/v1/search?{query}").status_code == 200, query


def test_the_answer_of_the_hub(site: Site, shelf: Shelf) -> None:
    answer = hub_search(site.nobody, query=shelf.word)
    assert (answer["count"], answer["next"], answer["previous"]) == (2, None, None)
    official, public = answer["results"]
    assert official.keys() == public.keys() == ENTRY
    assert (official["repo_name"], official["is_official"]) == (shelf.official, True)
    assert public == {
        "repo_name": shelf.public, "short_description": "A tool", "star_count": 2,
        "pull_count": 0, "repo_owner": "", "is_automated": False, "is_official": False,
    }  # fmt: skip


def test_filters_of_the_hub(site: Site, shelf: Shelf) -> None:
    def names(**query: object) -> list[str]:
        answer = hub_search(site.nobody, query=shelf.word, **query)
        return [each["repo_name"] for each in answer["results"]]

    assert names(is_official="true") == names(is_official="1") == [shelf.official]
    assert names(is_official="false") == [shelf.public]
    assert names(is_official="maybe") == [shelf.official, shelf.public]
    assert names(is_automated="true") == []


def test_pages_of_the_hub(site: Site, shelf: Shelf) -> None:
    first = hub_search(shelf.owner, query=shelf.word, page_size=2)
    assert (first["count"], len(first["results"])) == (3, 2)
    path = f"/v2/search/repositories/?query={shelf.word}&page=2&page_size=2"
    assert first["next"] == f"{site.server.url}{path}"
    second = shelf.owner.ask("GET", first["next"]).json()
    assert [each["repo_name"] for each in second["results"]] == [shelf.private]
    assert second["next"] is None
    behind = shelf.owner.ask("GET", path.replace("page=2", "page=3"))
    assert behind.status_code == 404


def test_a_login_of_the_hub_finds_what_is_private(site: Site, shelf: Shelf) -> None:
    body = {"username": shelf.owner.name, "password": shelf.owner.secret}
    token = site.nobody.ask("POST", "/v2/users/login", json=body).json()["token"]
    for scheme in ("JWT", "Bearer"):
        who = Caller(site.http, headers={"authorization": f"{scheme} {token}"})
        assert hub_search(who, query=shelf.word)["count"] == 3


def test_nothing_else_is_below_v1(site: Site) -> None:
    for path in ("/v1/", "/v1/users", "/v1/repositories/a/b/tags", "/v1/search/x"):
        assert site.nobody.ask("GET", path).status_code == 404
    assert site.nobody.ask("POST", "/v1/search").status_code == 405
    assert site.nobody.ask("HEAD", "/v1/search?q=a").status_code == 200

"""The first page of a repository, its activity and its settings."""

from datetime import UTC, datetime, timedelta

import pytest

from entrepot.http.web import charts
from entrepot.model.repository import PullDay
from tests.api.site import Caller, Site, serving
from tests.web.pushing import EVIL, found, push, repository, show
from tests.web.site import Browser, browsing


@pytest.fixture
def name(site: Site, alice: Caller) -> str:
    """A repository of Alice's with one image."""
    made = f"{alice.name}/web"
    push(site, alice, made)
    return made


def test_a_public_repository_is_shown_to_everybody(
    site: Site, alice: Caller, name: str, browser: Browser
) -> None:
    show(site, name)
    alice.do("PATCH", f"/repositories/{name}", description="Short  words", readme="# Long\n*text*")
    html = found(browser, f"/r/{name}")
    assert f"docker pull {site.server.host}:{site.server.port}/{name}:latest" in html
    assert "Short words" in html
    assert '<h2 id="readme-long">Long</h2>' in html
    assert "<em>text</em>" in html
    assert f'href="/r/{name}/-/tags/latest"' in html
    assert "/-/settings" not in html


def test_a_signature_is_never_what_is_pulled(
    site: Site, alice: Caller, browser: Browser, name: str
) -> None:
    named = f"{name}-signed"
    image = push(site, alice, named, "1.0")
    push(site, alice, named, f"sha256-{image.digest.removeprefix('sha256:')}.sig")
    show(site, named)
    html = found(browser, f"/r/{named}")
    assert f"docker pull {site.server.host}:{site.server.port}/{named}:1.0" in html
    assert "cosign download" not in html


def test_private_and_absent_repositories_are_told_apart_by_nobody(
    site: Site, name: str, bob: Caller, browser: Browser
) -> None:
    paths = ("", "/-/tags", "/-/tags/latest", "/-/activity", "/-/compare")
    for path in paths:
        for each in (name, f"{name}-not"):
            assert browser.http.get(f"/r/{each}{path}").status_code == 303
    with browsing(site) as other:
        other.log_in(bob)
        for path in paths:
            here, nowhere = (other.get(f"/r/{each}{path}") for each in (name, f"{name}-not"))
            assert (here.status, nowhere.status) == (404, 404)
            assert here.html.replace(name, "") == nowhere.html.replace(f"{name}-not", "")


def test_official_images_have_no_library_in_their_command(
    site: Site, admin: Caller, browser: Browser
) -> None:
    push(site, admin, "library/tool")
    show(site, "tool")
    for path in ("/r/tool", "/r/library/tool", "/_/tool"):
        html = found(browser, path)
        assert f":{site.server.port}/tool:latest" in html
        assert "Official" in html


def test_the_command_names_a_tag_that_is_there(site: Site, alice: Caller, browser: Browser) -> None:
    name = f"{alice.name}/other"
    push(site, alice, name, "v1")
    show(site, name)
    assert f"/{name}:v1" in found(browser, f"/r/{name}")


def test_an_empty_repository_says_how_to_push(site: Site, alice: Caller, home: Browser) -> None:
    name = f"{alice.name}/empty"
    there = repository(site, alice, name)
    with there.http:
        there.push_blob()
    html = found(home, f"/r/{name}")
    assert "docker push" in html
    assert "docker pull" not in html


def test_what_strangers_write_is_text(site: Site, alice: Caller, name: str, home: Browser) -> None:
    alice.do("PATCH", f"/repositories/{name}", description=EVIL, readme=EVIL)
    for path in ("", "/-/tags", "/-/activity", "/-/settings"):
        html = found(home, f"/r/{name}{path}")
        assert "&lt;script&gt;" in html


def test_a_repository_is_described_on_its_settings(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/settings")
    words = {"description": "Short", "readme": "# Long"}
    after = home.send(page, f"/r/{name}/-/settings/words", **words)
    assert "The description was saved." in after.text
    assert after.form(f"/r/{name}/-/settings/words").fields["readme"] == ["\n# Long"]
    assert 'id="readme-long"' in found(home, f"/r/{name}")


def test_what_is_too_long_is_refused_and_stays_in_the_form(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/settings")
    text = "x" * 100_001
    after = home.send(page, f"/r/{name}/-/settings/words", description="Kept", readme=text)
    assert after.status == 422
    assert "the readme has 100001 characters; at most 100000 are kept" in after.text
    fields = after.form(f"/r/{name}/-/settings/words").fields
    assert (fields["description"], len(fields["readme"][0].strip())) == (["Kept"], 100_001)
    assert "Kept" not in found(home, f"/r/{name}")


def test_a_preview_keeps_nothing(name: str, home: Browser) -> None:
    page = home.get(f"/r/{name}/-/settings")
    csrf = page.form(f"/r/{name}/-/settings/words").fields["csrf"][0]
    answer = home.post(f"/r/{name}/-/settings/preview", csrf=csrf, readme=f"# Seen\n{EVIL}")
    assert '<h2 id="readme-seen">' in answer.text
    assert "<script>alert" not in answer.text
    assert "Seen" not in found(home, f"/r/{name}")


def test_a_repository_is_made_public_and_private(
    name: str, home: Browser, browser: Browser
) -> None:
    for wanted, status in (("public", 200), ("private", 303)):
        page = home.get(f"/r/{name}/-/settings")
        home.send(page, f"/r/{name}/-/settings/visibility", visibility=wanted)
        assert browser.http.get(f"/r/{name}").status_code == status
    page = home.get(f"/r/{name}/-/settings")
    refused = home.send(page, f"/r/{name}/-/settings/visibility", visibility="nonsense")
    assert refused.status == 422


def test_roles_are_given_and_taken(site: Site, name: str, bob: Caller, home: Browser) -> None:
    path = f"/r/{name}/-/settings"
    after = home.send(home.get(path), f"{path}/roles", account=bob.name, role="maintainer")
    assert "The role was given." in after.text
    with browsing(site) as other:
        other.log_in(bob)
        seen = other.get(path)
        assert seen.status == 200
        assert f"{path}/roles" not in seen.html
        assert other.post(f"{path}/roles", account=bob.name, role="owner").status_code == 403
        home.send(after, f"{path}/roles/remove")
        assert other.get(path).status == 404
    refused = home.send(
        home.get(path), f"{path}/roles", account="nobody-of-that-name", role="reader"
    )
    assert refused.status == 404


def test_readers_see_no_settings(site: Site, name: str, bob: Caller) -> None:
    show(site, name)
    with browsing(site) as other:
        other.log_in(bob)
        assert other.get(f"/r/{name}/-/settings").status == 403
        html = found(other, f"/r/{name}/-/tags")
        assert "delete-tags" not in html
        assert "/-/settings" not in html


def test_activity_tells_who_moved_which_tag(
    site: Site, alice: Caller, name: str, home: Browser
) -> None:
    image = push(site, alice, name, "v2")
    there = repository(site, alice, name)
    with there.http:
        there.delete("manifests/v2")
    page = home.get(f"/r/{name}/-/activity")
    assert page.text.index("deleted") < page.text.index("points to")
    assert image.digest in page.html
    assert alice.name in page.text


def test_where_all_is_open_repositories_are_shown_and_described(folder) -> None:
    with serving(folder, {"auth__mode": "open"}) as site, browsing(site) as browser:
        push(site, site.nobody, "acme/web")
        html = found(browser, "/r/acme/web")
        assert "/login" not in html
        page = browser.get("/r/acme/web/-/settings")
        assert "Visibility" not in page.text
        after = browser.send(page, "/r/acme/web/-/settings/words", description="Open", readme="")
        assert "Open" in after.text
        found(browser, "/r/acme/web/-/tags")


def test_all_pages_are_shown_in_chinese(site: Site, alice: Caller, name: str) -> None:
    image = push(site, alice, name, "v2")
    with browsing(site, **{"accept-language": "zh"}) as browser:
        browser.log_in(alice)
        for path, word in (
            ("", "最新标签"),
            ("/-/tags", "2 个标签"),
            ("/-/tags/v2", "按摘要拉取"),
            (f"/-/images/{image.digest}", "显示清单"),
            ("/-/compare?from=v2&to=v2", "两者相同"),
            ("/-/activity", "指向"),
            ("/-/settings", "一句话描述"),
        ):
            assert word in found(browser, f"/r/{name}{path}")


def test_a_chart_has_a_bar_for_each_day() -> None:
    today = datetime(2026, 3, 1, tzinfo=UTC).date()
    days = [PullDay(today, 1000), PullDay(today - timedelta(days=89), 1)]
    chart = charts.pulls_chart([*days, PullDay(today - timedelta(days=90), 9)], today)
    assert (len(chart.bars), chart.most, chart.total) == (90, 1000, 1001)
    first, last = chart.bars[0], chart.bars[-1]
    assert (last.day, last.height, last.y) == (today, charts.HEIGHT, 0)
    assert (first.pulls, first.height > 0) == (1, True)
    assert [bar.day for bar in chart.busy] == [today, first.day]
    assert last.x + last.width <= chart.width


def test_a_chart_of_nothing_is_empty() -> None:
    chart = charts.pulls_chart([], datetime(2026, 3, 1, tzinfo=UTC).date())
    assert (chart.most, chart.busy, {bar.height for bar in chart.bars}) == (0, [], {0})
    assert charts.shares([]) == []
    assert charts.shares([0, 0]) == [0.0, 0.0]
    assert charts.shares([1, 4]) == [25.0, 100.0]

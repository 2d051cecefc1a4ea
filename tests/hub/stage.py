"""A registry with something to find in it, for programs that search."""

from dataclasses import dataclass
from typing import Final

import httpx

from tests.access.registry import ALICE, BOB, Person, Registry
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE, until

WORD: Final = "quark"
OFFICIAL: Final = "quark"
TOOLS: Final = "acme/quark-tools"
PRIVATE: Final = "alice/quark"
LONG: Final = "Tools around quark: for those who build, and for those who look after what was built"


@dataclass(frozen=True, slots=True)
class Stage:
    """The registry, where ALICE has a private repository that BOB may not see."""

    registry: Registry

    @property
    def host(self) -> str:
        return self.registry.host

    @property
    def term(self) -> str:
        """What is looked for, as programs take it."""
        return f"{self.host}/{WORD}"


def fill(registry: Registry) -> Stage:
    """Push, describe, star, report a build, and wait until all of it is found."""
    chief = registry.admin
    for person in (ALICE, BOB):
        registry.call(chief, "POST", "/users", name=person.name, password=person.password)
    registry.call(ALICE, "POST", "/organizations", name="acme")
    push(registry, chief, OFFICIAL, "1.0", "2.0", "latest")
    push(registry, ALICE, TOOLS, "1.0")
    push(registry, ALICE, PRIVATE, "1.0")
    for name, description in {
        OFFICIAL: "The official quark",
        TOOLS: LONG,
        PRIVATE: "Nobody's business",
    }.items():
        registry.call(chief, "PATCH", f"/repositories/{name}", description=description)
    for name in (OFFICIAL, TOOLS):
        registry.show(chief, name, "public")
    for who, names in {ALICE: (OFFICIAL, TOOLS), BOB: (OFFICIAL,), chief: (OFFICIAL,)}.items():
        for name in names:
            registry.call(who, "PUT", f"/stars/{name}")
    registry.call(ALICE, "PUT", f"/repository-builds/{TOOLS}", name="1", state="succeeded")
    until(lambda: _found(registry) == [OFFICIAL, PRIVATE, TOOLS])
    return Stage(registry)


def push(registry: Registry, who: Person, name: str, *tags: str) -> None:
    """Push an image under these tags."""
    auth = (who.name, who.password)
    with httpx.Client(
        base_url=registry.server.url, auth=auth, trust_env=False, timeout=PATIENCE
    ) as http:
        repository = Repository(name, http)
        image = repository.push_image()
        for tag in tags:
            repository.push_manifest(image, tag)


def _found(registry: Registry) -> list[str]:
    auth = (ALICE.name, ALICE.password)
    with httpx.Client(
        base_url=registry.server.url, auth=auth, trust_env=False, timeout=PATIENCE
    ) as http:
        results = http.get("/v1/search", params={"q": WORD}).json()["results"]
        described = all(each["description"] for each in results)
        return [each["name"] for each in results] if described else []

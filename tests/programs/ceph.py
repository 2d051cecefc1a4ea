"""Ceph's S3 gateway over a cluster of one monitor and one storage daemon that lives in memory."""

import base64
import hmac
import http.client
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Final

from tests.programs.command import Command
from tests.programs.ports import free_port
from tests.programs.process import answers, environment, running
from tests.programs.waiting import PATIENCE

_HOST: Final = "127.0.0.1"
_ACCESS_KEY: Final = "an-access-key"
_SECRET_KEY: Final = "a-secret-key"

# One copy of everything, placement groups by hand, so that one storage daemon is a whole cluster;
# the short interval lets the monitor agree with itself at once.
_CONFIG: Final = """\
[global]
fsid = {fsid}
mon host = v2:{host}:{monitor}
public addr = {host}
cluster addr = {host}
ms bind msgr1 = false
auth allow insecure global id reclaim = false
mon allow pool size one = true
mon data = {data}/mon
mon data avail crit = 1
mon cluster log file = {data}/cluster.log
osd crush chooseleaf type = 0
osd data = {data}/osd
osd objectstore = memstore
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
memstore device bytes = 8589934592
paxos propose interval = 0.05
admin socket =
crash dir = {data}
keyring = {data}/keyring
log file = {data}/$name.log
pid file = {data}/$name.pid
run dir = {data}
[osd]
keyring = {data}/osd/keyring
[client.gateway]
keyring = {data}/gateway/keyring
rgw data = {data}/gateway
rgw dns name = localhost
rgw frontends = beast endpoint={host}:{gateway} tcp_nodelay=1
"""


@dataclass(frozen=True, slots=True)
class Ceph:
    """A running gateway with an account and an empty bucket."""

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str

    def create_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        date = formatdate(usegmt=True)
        # The older signature of S3, which fits in two lines; the gateway takes both.
        signed = hmac.digest(self.secret_key.encode(), f"PUT\n\n\n{date}\n/{name}".encode(), "sha1")
        signature = base64.b64encode(signed).decode()
        headers = {"Date": date, "Authorization": f"AWS {self.access_key}:{signature}"}
        connection = http.client.HTTPConnection(
            self.endpoint.removeprefix("http://"), timeout=PATIENCE
        )
        connection.request("PUT", f"/{name}", headers=headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        assert response.status == http.HTTPStatus.OK, body


@contextmanager
def ceph(data: Path) -> Iterator[Ceph]:
    """Start a cluster whose files are in *data*; it forgets all objects when it stops."""
    monitor, gateway = free_port(), free_port()
    env = _prepare(data, monitor, gateway)
    _create_monitor(data, monitor, env)
    endpoint = f"http://{_HOST}:{gateway}"
    # Stopped from the inside outwards: without the other two, the gateway waits for them.
    with _monitor(data, env), _storage(data, env), _gateway(data, env, endpoint):
        _create_account(env)
        served = Ceph(endpoint, _ACCESS_KEY, _SECRET_KEY, bucket="blobs")
        served.create_bucket(served.bucket)
        yield served


def _prepare(data: Path, monitor: int, gateway: int) -> dict[str, str]:
    for folder in ("mon", "osd", "gateway"):
        (data / folder).mkdir(parents=True)
    config = data / "ceph.conf"
    fsid = str(uuid.uuid4())
    config.write_text(
        _CONFIG.format(data=data, fsid=fsid, host=_HOST, monitor=monitor, gateway=gateway)
    )
    return environment({"CEPH_CONF": str(config), "FSID": fsid}, without=["CEPH_", "AWS_CA_BUNDLE"])


def _create_monitor(data: Path, port: int, env: dict[str, str]) -> None:
    keyring, monmap = data / "keyring", data / "monmap"
    everything = ["--cap", "mon", "allow *", "--cap", "osd", "allow *"]
    tool = Command(("ceph-authtool",), env)
    tool.run("-C", keyring, "-g", "-n", "mon.", "--cap", "mon", "allow *")
    tool.run(keyring, "-g", "-n", "client.admin", *everything)
    address = f"[v2:{_HOST}:{port}]"
    Command(("monmaptool",), env).run(
        "--create", "--addv", "a", address, "--fsid", env["FSID"], monmap
    )
    Command(("ceph-mon",), env).run("--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)


@contextmanager
def _monitor(data: Path, env: dict[str, str]) -> Iterator[None]:
    status = Command(("ceph", "--connect-timeout", "5"), env)
    with running(
        ["ceph-mon", "-i", "a", "-f"],
        log=data / "mon.out",
        env=env,
        ready=lambda: status.succeeds("status"),
    ):
        yield


@contextmanager
def _storage(data: Path, env: dict[str, str]) -> Iterator[None]:
    admin = Command(("ceph",), env)
    identity = str(uuid.uuid4())
    admin.run("osd", "new", identity)
    _create_key(admin, "osd.0", data / "osd/keyring", mon="allow profile osd", osd="allow *")
    Command(("ceph-osd",), env).run("-i", "0", "--mkfs", "--osd-uuid", identity)

    def is_up() -> bool:
        return bool(json.loads(admin.read("osd", "stat", "-f", "json"))["num_up_osds"] == 1)

    argv = ["ceph-osd", "-i", "0", "-f"]
    with running(argv, log=data / "osd.out", env=env, ready=is_up, grace=5):
        yield


@contextmanager
def _gateway(data: Path, env: dict[str, str], endpoint: str) -> Iterator[None]:
    admin = Command(("ceph",), env)
    keyring = data / "gateway/keyring"
    _create_key(admin, "client.gateway", keyring, mon="allow rwx", osd="allow rwx")
    argv = ["radosgw", "-n", "client.gateway", "-f"]
    ready = answers(f"{endpoint}/")
    with running(argv, log=data / "gateway.out", env=env, ready=ready, grace=3):
        yield


def _create_key(admin: Command, entity: str, keyring: Path, *, mon: str, osd: str) -> None:
    admin.run("auth", "get-or-create", entity, "mon", mon, "osd", osd, "-o", keyring)


def _create_account(env: dict[str, str]) -> None:
    keys = ["--access-key", _ACCESS_KEY, "--secret-key", _SECRET_KEY]
    admin = Command(("radosgw-admin", "-n", "client.gateway"), env)
    admin.run("user", "create", "--uid", "test", "--display-name", "test", *keys)

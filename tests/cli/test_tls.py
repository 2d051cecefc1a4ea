"""`entrepot tls self-signed`: what it makes is believed by others, and it makes all or nothing."""

import shlex
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

import pytest
import yaml
from cryptography import x509

from tests.cli.command import entrepot
from tests.programs.command import Command
from tests.programs.process import environment

FILES: Final = ["ca.crt", "ca.key", "server.crt", "server.key"]
OPENSSL: Final = Command(("openssl",), environment())
Words: TypeAlias = list[str | Path]


def make(folder: Path, *words: str) -> str:
    """Make certificates in *folder*, and return what is printed."""
    done = entrepot("tls", "self-signed", *words, "--folder", folder)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that tells why nothing was made."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def certificate(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def lasts(file: Path) -> timedelta:
    return certificate(file).not_valid_after_utc - datetime.now(UTC)


def test_the_files_and_who_may_read_them(tmp_path: Path) -> None:
    make(tmp_path / "new" / "tls", "registry.example.org")
    modes = {
        path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new" / "tls").iterdir()
    }
    assert sorted(modes) == FILES
    assert (modes["ca.key"], modes["server.key"]) == (0o600, 0o600)


@pytest.mark.parametrize(
    "named",
    [
        ["-verify_hostname", "registry.example.org"],
        ["-verify_hostname", "localhost"],
        ["-verify_ip", "192.0.2.1"],
        ["-verify_ip", "2001:db8::1"],
        ["-verify_ip", "127.0.0.1"],
        ["-verify_ip", "::1"],
    ],
    ids=lambda named: named[1],
)
def test_openssl_believes_it(tmp_path: Path, named: list[str]) -> None:
    make(tmp_path, "Registry.Example.org:5443", "192.0.2.1", "[2001:db8::1]:5443")
    strict: Words = ["-x509_strict", "-purpose", "sslserver", "-CAfile", tmp_path / "ca.crt"]
    OPENSSL.run("verify", *strict, *named, tmp_path / "server.crt")


def test_openssl_believes_it_for_no_other_name(tmp_path: Path) -> None:
    make(tmp_path, "registry.example.org")
    named: Words = ["-CAfile", tmp_path / "ca.crt", "-verify_hostname", "other.example.org"]
    assert not OPENSSL.succeeds("verify", *named, tmp_path / "server.crt")


def test_a_strict_client_shakes_hands(tmp_path: Path) -> None:
    make(tmp_path, "registry.example.org")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    client = ssl.create_default_context(cafile=tmp_path / "ca.crt")
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    here, there = socket.socketpair()
    with closing(here), closing(there):
        answering = threading.Thread(target=lambda: server.wrap_socket(there, True).close())
        answering.start()
        client.wrap_socket(here, server_hostname="registry.example.org").close()
        answering.join()


def test_what_the_certificates_may_be_used_for(tmp_path: Path) -> None:
    make(tmp_path, "registry.example.org")
    authority, server = certificate(tmp_path / "ca.crt"), certificate(tmp_path / "server.crt")
    signs, serves = (
        found.extensions.get_extension_for_class(x509.KeyUsage) for found in (authority, server)
    )
    assert (signs.value.key_cert_sign, signs.value.digital_signature) == (True, False)
    assert (serves.value.key_cert_sign, serves.value.digital_signature) == (False, True)
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.critical, limits.value) == (True, x509.BasicConstraints(True, 0))
    purposes = server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [purpose.dotted_string for purpose in purposes] == ["1.3.6.1.5.5.7.3.1"]


def test_how_long_they_last(tmp_path: Path) -> None:
    make(tmp_path, "registry.example.org")
    assert timedelta(days=3650) < lasts(tmp_path / "ca.crt") < timedelta(days=3653)
    assert timedelta(days=396) < lasts(tmp_path / "server.crt") <= timedelta(days=397)
    make(tmp_path, "registry.example.org", "--days", "5")
    assert timedelta(days=4) < lasts(tmp_path / "server.crt") <= timedelta(days=5)


def test_an_authority_is_kept(tmp_path: Path) -> None:
    assert "a new authority" in make(tmp_path, "one.example.org")
    before = contents(tmp_path)
    assert "the authority that was there" in make(tmp_path, "two.example.org")
    after = contents(tmp_path)
    assert [name for name in FILES if before[name] != after[name]] == ["server.crt", "server.key"]
    named: Words = ["-CAfile", tmp_path / "ca.crt", "-verify_hostname", "two.example.org"]
    OPENSSL.run("verify", *named, tmp_path / "server.crt")


def test_an_authority_of_openssl_is_used_and_not_outlived(tmp_path: Path) -> None:
    authority(tmp_path, "keyUsage=keyCertSign", days=3)
    make(tmp_path, "registry.example.org")
    strict: Words = ["-x509_strict", "-CAfile", tmp_path / "ca.crt"]
    OPENSSL.run("verify", *strict, tmp_path / "server.crt")
    ends = [certificate(tmp_path / name).not_valid_after_utc for name in ("ca.crt", "server.crt")]
    assert ends[0] == ends[1]


def authority(folder: Path, extension: str, days: int) -> None:
    files: Words = ["-keyout", folder / "ca.key", "-out", folder / "ca.crt"]
    OPENSSL.run(
        *["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=authority"],
        *["-days", str(days), "-addext", extension, *files],
    )


def test_what_comes_next_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "my tls"
    told = make(folder, "registry.example.org:5443", "192.0.2.1")
    assert f"ENTREPOT_SERVER__TLS__KEY='{folder}/server.key'" in told
    assert "--port 5443" in told
    for place in ("registry.example.org:5443", "192.0.2.1:5000"):
        for of in ("docker", "containers", "containerd"):
            assert f"/etc/{of}/certs.d/{place}/ca.crt" in told
        assert f'server = "https://{place}"' in told


def test_the_port_of_https_is_not_in_the_address(tmp_path: Path) -> None:
    told = make(tmp_path, "registry.example.org:443")
    assert "/etc/docker/certs.d/registry.example.org/ca.crt" in told
    assert "--port 443" in told


def test_the_settings_that_are_told_are_good(tmp_path: Path) -> None:
    told = make(tmp_path / "tls: 1", "registry.example.org:5443")
    _, _, after = told.partition("--config FILE:\n")
    (tmp_path / "entrepot.yaml").write_text(after.partition("\n\n")[0])
    checked = entrepot("config", "show", tmp_path / "entrepot.yaml")
    tls = yaml.safe_load(checked.stdout)["server"]["tls"]
    assert tls["certificate"] == str(tmp_path / "tls: 1" / "server.crt")


def test_the_command_for_docker_can_be_typed(tmp_path: Path) -> None:
    told = make(tmp_path / "my tls", "[2001:db8::1]:5443")
    line = next(line for line in told.splitlines() if "docker/certs.d" in line)
    _, *words, source, target = shlex.split(line)
    assert words == ["install", "-D", "-m", "644"]
    assert source == str(tmp_path / "my tls" / "ca.crt")
    assert target == "/etc/docker/certs.d/[2001:db8::1]:5443/ca.crt"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b",
        "under_score.example.org",
        "a-.example.org",
        "a..example.org",
        "example.org.",
        "192.0.2.300",
        "*",
        "a.*.example.org",
        "https://registry.example.org",
        "registry.example.org/team",
        "bücher.example.org",
        "a" * 64 + ".example.org",
        ".".join(["abcdefg"] * 33),
        "registry.example.org:0",
        "registry.example.org:65536",
        "registry.example.org:",
        "fe80::1%eth0",
        "registry.example.org\n",
    ],
)
def test_a_host_that_is_none(tmp_path: Path, host: str) -> None:
    done = entrepot("tls", "self-signed", "good.example.org", host, "--folder", tmp_path / "tls")
    assert repr(host) in refusal(done)
    assert not (tmp_path / "tls").exists()


@pytest.mark.parametrize("days", ["0", "-1", "3651"])
def test_days_out_of_range(tmp_path: Path, days: str) -> None:
    words = ["self-signed", "a.example.org", "--days", days]
    done = entrepot("tls", *words, "--folder", tmp_path / "t")
    assert "--days" in refusal(done)
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("missing", ["ca.crt", "ca.key"])
def test_half_an_authority(tmp_path: Path, missing: str) -> None:
    make(tmp_path, "registry.example.org")
    (tmp_path / missing).unlink()
    before = contents(tmp_path)
    done = entrepot("tls", "self-signed", "registry.example.org", "--folder", tmp_path)
    assert f"{tmp_path / missing} is not" in refusal(done)
    assert contents(tmp_path) == before


def test_an_authority_with_the_key_of_another(tmp_path: Path) -> None:
    make(tmp_path / "one", "registry.example.org")
    make(tmp_path / "two", "registry.example.org")
    (tmp_path / "two" / "ca.key").replace(tmp_path / "one" / "ca.key")
    done = entrepot("tls", "self-signed", "a.example.org", "--folder", tmp_path / "one")
    assert "do not belong together" in refusal(done)


def test_an_authority_that_is_none(tmp_path: Path) -> None:
    authority(tmp_path, "keyUsage=digitalSignature", days=3)
    (tmp_path / "ca.crt").write_bytes(
        OPENSSL.read(
            *("req", "-x509", "-key", tmp_path / "ca.key", "-subj", "/CN=x", "-days", "2"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
        )
    )
    done = entrepot("tls", "self-signed", "a.example.org", "--folder", tmp_path)
    assert "belong to no authority" in refusal(done)


def test_an_authority_with_a_password(tmp_path: Path) -> None:
    authority(tmp_path, "keyUsage=keyCertSign", days=3)
    locked: Words = ["-aes128", "-passout", "pass:secret", "-out", tmp_path / "locked"]
    OPENSSL.run("rsa", "-in", tmp_path / "ca.key", *locked)
    (tmp_path / "locked").replace(tmp_path / "ca.key")
    done = entrepot("tls", "self-signed", "a.example.org", "--folder", tmp_path)
    assert "without a password" in refusal(done)


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_can_be_none(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = entrepot("tls", "self-signed", "a.example.org", "--folder", tmp_path / place)
    assert f"cannot write {tmp_path}/file" in refusal(done)


def test_a_folder_that_cannot_be_written_to() -> None:
    # Even root cannot make a file there.
    line = refusal(entrepot("tls", "self-signed", "a.example.org", "--folder", "/proc/self"))
    assert "cannot write /proc/self/" in line
    assert "--folder" in line


@pytest.mark.parametrize("name", ["server.crt", "server.key"])
def test_all_or_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    done = entrepot("tls", "self-signed", "a.example.org", "--folder", tmp_path)
    assert f"cannot write {tmp_path / name}: Is a directory" in refusal(done)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_disk_that_takes_nothing(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "entrepot", "tls", "self-signed", "a.example.org"]
    done = subprocess.run(
        ["prlimit", "--fsize=0", *words, "--folder", tmp_path / "tls"],
        env=environment(without=["ENTREPOT_"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"cannot write {tmp_path / 'tls'}" in refusal(done)
    assert not (tmp_path / "tls").exists()


def test_no_host_at_all() -> None:
    done = entrepot("tls", "self-signed")
    assert done.returncode == 2
    assert "HOST" in done.stderr

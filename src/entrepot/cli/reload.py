"""A certificate that changed on disk: seen, tried, and served by new workers."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from cryptography import x509
from granian.server.mp import MPServer

from entrepot.cli import start
from entrepot.errors import ConfigInvalid
from entrepot.observe import logs

Contents: TypeAlias = tuple[bytes, bytes]
Worker: TypeAlias = Any  # Granian's classes carry hardly any types

# How often the files are read.
_LOOK_SECONDS: Final = 1.0
# Files that could not be used are tried again when they change, and after this time.
_AGAIN_SECONDS: Final = 60.0
# A worker that does not listen by then will not.
_READY_SECONDS: Final = 30.0
# No upload takes longer, but a client that has fallen asleep may.
_OLD_SECONDS: Final = 24 * 3600.0
_LISTENING: Final = "0A"


class Held:
    """A certificate and its key as they were once read, in memory that workers inherit.

    Workers read these copies, so that one which is started later, because another had died, does
    not depend on what the files have become meanwhile.
    """

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self._files = [os.memfd_create("entrepot-tls") for _ in contents]
        for file, content in zip(self._files, contents, strict=True):
            os.pwrite(file, content, 0)

    @property
    def certificate(self) -> Path:
        return Path(f"/proc/self/fd/{self._files[0]}")

    @property
    def key(self) -> Path:
        return Path(f"/proc/self/fd/{self._files[1]}")

    def expires(self) -> str:
        certificate = x509.load_pem_x509_certificate(self.contents[0])
        return certificate.not_valid_after_utc.isoformat()

    def close(self) -> None:
        for file in self._files:
            os.close(file)


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be used, and until when it need not be tried again."""

    contents: Contents | None
    until: float


class Files:
    """The certificate's files, and the last good copy of them."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate = certificate
        self._key = key
        self._refused: Refused | None = None
        self.held = self._hold(self.read())

    def read(self) -> Contents | None:
        """What the files are now; None when one of them cannot be read."""
        try:
            return self._certificate.read_bytes(), self._key.read_bytes()
        except OSError:
            return None

    def are_new(self, seen: Contents | None) -> bool:
        """Whether *seen* is worth a try."""
        if seen == self.held.contents:
            return False
        refused = self._refused
        return refused is None or refused.contents != seen or time.monotonic() > refused.until

    def fresh(self) -> Held | None:
        """A copy of what the files are now; None when it is the same, or cannot be served."""
        seen = self.read()
        if seen == self.held.contents:
            return None
        try:
            return self._hold(seen)
        except ConfigInvalid as problem:
            self.refuse(seen, str(problem))
            return None

    def accept(self, held: Held) -> None:
        """Let *held* be the good copy."""
        self.held.close()
        self.held = held
        self._refused = None
        logs.get(__name__).info("certificate reloaded", expires=held.expires())

    def refuse(self, seen: Contents | None, reason: str) -> None:
        """Leave *seen* alone until it changes, or for a while."""
        self._refused = Refused(seen, time.monotonic() + _AGAIN_SECONDS)
        logs.get(__name__).warning("certificate not reloaded, the old one stays", reason=reason)

    def _hold(self, seen: Contents | None) -> Held:
        # First the files themselves, for a reason that names them.
        start.certificate(self._certificate, self._key)
        if seen is None:
            raise ConfigInvalid(f"{self._certificate} and {self._key} were changing")
        held = Held(seen)
        try:
            start.certificate(held.certificate, held.key)
        except ConfigInvalid:
            held.close()
            raise
        return held


def watch(files: Files, tell: Callable[[], None]) -> None:
    """Call *tell* whenever the files have new contents, from a thread of its own.

    Contents count when they were there twice: whoever writes two files is then done with both.
    """

    def look() -> None:
        before: Contents | None = files.held.contents
        while True:
            time.sleep(_LOOK_SECONDS)
            seen = files.read()
            if seen == before and files.are_new(seen):
                tell()
            before = seen

    threading.Thread(target=look, name="certificate", daemon=True).start()


class Server(MPServer):
    """Granian, whose workers are followed by others when there is a new certificate.

    Granian itself ends an old worker before it starts the next, lets it go on for no longer than
    after a stop, hears nothing else meanwhile, and ends when a new worker does not start.
    """

    def __init__(self, *words: Any, files: Files | None, **options: Any) -> None:  # noqa: ANN401 - Granian's own
        super().__init__(*words, **options)
        self._files = files
        self._old: list[tuple[Worker, float]] = []
        if files is not None:
            self._serve_with(files.held)

    def startup(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call] # Granian's
        if self._files is not None:
            watch(self._files, self.signal_handler_reload)

    def _serve_with(self, held: Held) -> None:
        files = (str(held.certificate), str(held.key))
        self.ssl_ctx = (True, *files, *self.ssl_ctx[3:])  # type: ignore[assignment] # typed as if off

    def _reload(self, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        if self.interrupt_signal or self.interrupt_children:
            self.main_loop_interrupt.set()
            return
        held = self._files.fresh() if self._files else None
        if self._files is not None and held is not None:
            self._follow(self._files, held, spawn_target, target_loader)

    def _follow(self, files: Files, held: Held, spawn_target: Any, target_loader: Any) -> None:  # noqa: ANN401
        self._serve_with(held)
        before = _listeners(self.bind_port)
        new = [self._try(index, spawn_target, target_loader) for index in range(self.workers)]
        if self._all_listen(new, before + len(new)):
            self._promote(new)
            files.accept(held)
            return
        for worker in new:
            worker.kill()
            worker.join()
        self._serve_with(files.held)
        held.close()
        if not self.interrupt_signal:
            files.refuse(held.contents, "new workers did not start with it")

    def _try(self, index: int, spawn_target: Any, target_loader: Any) -> Worker:  # noqa: ANN401
        worker: Worker = self._spawn_worker(index, spawn_target, target_loader)
        # Until it is promoted its end is no concern of the main loop.
        worker.interrupt_by_parent = True
        worker.start()
        return worker

    def _all_listen(self, new: list[Worker], listeners: int) -> bool:
        end = time.monotonic() + _READY_SECONDS
        while _listeners(self.bind_port) < listeners:
            if self.interrupt_signal or self.interrupt_children or time.monotonic() > end:
                return False
            if not all(worker.is_alive() for worker in new):
                return False
            time.sleep(0.02)
        return True

    def _promote(self, new: list[Worker]) -> None:
        now = time.monotonic()
        for index, worker in enumerate(new):
            old: Worker = self.wrks[index]
            self.wrks[index] = worker
            old.terminate()
            self._old.append((old, now))
            worker.interrupt_by_parent = False
        # Whoever of the old had died is followed already.
        self.interrupt_children[:] = [w.idx for w in new if not w.is_alive()]
        if self.interrupt_children:
            self.main_loop_interrupt.set()
        self._forget_old(now)

    def _forget_old(self, now: float) -> None:
        for worker, since in self._old:
            if now - since > _OLD_SECONDS:
                worker.kill()
        self._old = [(worker, since) for worker, since in self._old if worker.is_alive()]

    def _stop_workers(self) -> None:
        self.wrks.extend(worker for worker, _ in self._old if worker.is_alive())
        super()._stop_workers()  # type: ignore[no-untyped-call] # Granian's


def _listeners(port: int) -> int:
    """How many sockets of this machine listen on *port*: one for each worker that is ready."""
    count = 0
    for table in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except FileNotFoundError:  # a kernel without IPv6
            continue
        rows = (line.split(maxsplit=4) for line in lines)
        count += sum(row[3] == _LISTENING and int(row[1][-4:], 16) == port for row in rows)
    return count

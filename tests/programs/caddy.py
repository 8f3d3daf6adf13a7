"""Caddy with the site's configuration of deploy/caddy/, before a given port."""

import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

from tests.patience import PATIENCE
from tests.programs.program import Program, find, free_port

CADDY = find("caddy")
CONFIGURATION = Path(__file__).resolve().parent.parent.parent / "deploy" / "caddy" / "Caddyfile"


class Caddy:
    """A proxy at `url` for the site's process at `port`; over HTTPS with a certificate of its own making."""

    def __init__(self, port: int, *, tls: bool = False) -> None:
        assert CADDY, "Caddy is not installed: make system"
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://localhost:{self.port}"
        self._site, self._tls = port, tls

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="chatsite-caddy-"))
        self._program = Program(self.command("run"), environment=self.environment, litter=self.folder)
        self._program.wait_line("serving initial configuration")
        if self._tls:
            self._wait_for_certificate()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.terminate()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _wait_for_certificate(self) -> None:
        """Until then it refuses to agree on TLS, also when it has said that it has one."""
        deadline, pause = time.monotonic() + PATIENCE, threading.Event()
        while True:
            try:
                ssl.get_server_certificate(("localhost", self.port), timeout=PATIENCE)
            except ssl.SSLError:
                assert time.monotonic() < deadline, self._program.log
                pause.wait(0.05)
            else:
                return

    def command(self, verb: str) -> list[str]:
        return [str(CADDY), verb, "--config", str(self.folder / "Caddyfile"), "--adapter", "caddyfile"]

    @property
    def environment(self) -> dict[str, str]:
        """The configuration as it stands, but for what may not be had here: nobody else's port, no trust in it."""
        options = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tlocal_certs\n}\n"
        (self.folder / "Caddyfile").write_text(options + CONFIGURATION.read_text())
        home = str(self.folder)
        return {
            "HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home,
            "PUBLIC_NAME": self.url, "SITE": f"127.0.0.1:{self._site}",
        }  # fmt: skip

    @property
    def authority(self) -> Path:
        """The certificate that vouches for its own."""
        return self.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"


def complaints() -> str:
    """What Caddy says of the configuration's form; empty where it is as Caddy would write it."""
    done = subprocess.run(
        [str(CADDY), "fmt", "--diff", str(CONFIGURATION)], capture_output=True, text=True, check=False
    )
    return "".join(line for line in done.stdout.splitlines(keepends=True) if line.startswith(("+", "-")))

"""nginx with the site's configuration of deploy/nginx/, before given ports."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.programs.program import Program, find, free_port

NGINX = find("nginx", "/usr/sbin", "/usr/local/sbin")
CONFIGURATION = Path(__file__).resolve().parent.parent.parent / "deploy" / "nginx" / "chatsite.conf"
MAIN = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


class Nginx:
    """A proxy at `url` for the site's processes at `ports`; with `tls`, as the configuration says it for HTTPS.

    `change` makes another configuration of the site's; `days` is how long its certificate is good, for localhost.
    """

    def __init__(
        self,
        *ports: int,
        tls: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        change: Callable[[str], str] = lambda text: text,
        days: int = 30,
    ) -> None:
        assert NGINX, "nginx is not installed: make system"
        self.ports: Sequence[int] = ports
        self.tls = tls
        self.host, self.port = host, port or free_port()
        self._change, self._days = change, days
        self._reloads = 0

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="chatsite-nginx-"))
        try:
            self._write()
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        return self._program.pid

    @property
    def log(self) -> str:
        return self._program.log

    def start(self) -> None:
        self._program = Program([*self._command, "-e", "stderr"], folder=self.folder, litter=self.folder)
        self._program.wait_line("start worker process ")

    def stop(self) -> None:
        """Break all connections and end."""
        self._program.terminate()

    def reload(self, *ports: int) -> None:
        """Go on with other processes behind it; open connections are kept to their end."""
        self.ports = ports
        self._write()
        self._reloads += 1
        self._program.signal(signal.SIGHUP)
        self._program.wait_line("gracefully shutting down", count=self._reloads)

    def check(self) -> str:
        """What `nginx -t` says of the configuration. Fails where it finds fault with it."""
        done = subprocess.run([*self._command, "-t"], check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stderr

    @property
    def _command(self) -> list[str]:
        return [str(NGINX), "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]

    def _write(self) -> None:
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder, user=user))
        (self.folder / "site.conf").write_text(self._site())

    def _site(self) -> str:
        """The configuration with the test's ports in place of its own."""
        text = CONFIGURATION.read_text()
        if self.tls:
            make_certificate(self.folder, days=self._days)
            text = re.sub(r"^ *listen 80;\n", "", text, flags=re.MULTILINE).replace("#tls ", "")
            text = re.sub(r"/etc/letsencrypt/live/[^/]+", str(self.folder), text)
        text, listens = re.subn(r"listen (80|443)", f"listen {self.host}:{self.port}", text)
        servers = "\n".join(rf"    server 127.0.0.1:{port}\1" for port in self.ports)
        text, upstreams = re.subn(r"^    server 127\.0\.0\.1:8000(.*)$", servers, text, flags=re.MULTILINE)
        assert upstreams == 1
        assert listens >= 1
        return self._change(text)


def make_certificate(folder: Path, *, days: int) -> None:
    """A certificate that nobody vouches for, of localhost and its address; with `days` below 0 it has expired."""
    if (folder / "privkey.pem").exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "privkey.pem").write_bytes(private)
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(Encoding.PEM))

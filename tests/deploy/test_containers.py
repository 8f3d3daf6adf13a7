"""deploy/Dockerfile and the compose files. Docker itself is not run here: what they say is linted, and done by hand."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.programs.host import Host
from tests.programs.nginx import NGINX, make_certificate
from tests.programs.program import Program, free_port
from tests.programs.serve import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSED = ["compose.yaml", "compose.cluster.yaml"]
BIN = Path(sys.executable).parent


def instructions(word: str) -> list[str]:
    return re.findall(rf"^{word} (.*)$", DOCKERFILE, re.MULTILINE)


def composed(name: str) -> dict[str, Any]:
    return dict(YAML(typ="safe").load((DEPLOY / name).read_text()))


def test_the_linter_finds_no_fault_with_the_dockerfile():
    done = subprocess.run([BIN / "hadolint", DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", COMPOSED)
def test_compose_file_follows_the_specification(name: str):
    check = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / name]

    done = subprocess.run(check, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "ok -- validation done\n")


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder of the site in the image: what its COPYs take, and nothing in it may be written."""
    folder = tmp_path / "srv" / "chatsite"
    folder.mkdir(parents=True)
    for line in instructions("COPY"):
        *sources, target = line.split()
        if not target.startswith("/srv/chatsite"):
            continue
        for source in sources:
            place = folder.parent.parent / target.strip("/") / ("" if not target.endswith("/") else source)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)
    return folder


def test_image_has_all_that_serving_takes_and_is_well(image: Path, tmp_path: Path):
    port = str(free_port())
    ((_, *command),) = [json.loads(line) for line in instructions("CMD") if "serve" in line]
    ((_, *look),) = [json.loads(line.partition(" CMD ")[2]) for line in instructions("HEALTHCHECK")]
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "data"), "HOST": "127.0.0.1", "PORT": port}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    before = sorted(image.rglob("*"))

    with Program([sys.executable, *command], folder=image, environment=environment) as running:
        running.wait_line("Chat is at ")
        well = subprocess.run([sys.executable, *look], env=environment, capture_output=True, check=False)
        running.pause()
        running.resume()
        assert running.terminate() == 0
    gone = subprocess.run([sys.executable, *look], env=environment, capture_output=True, check=False)

    assert (well.returncode, gone.returncode) == (0, 1)
    assert sorted(image.rglob("*")) == before


def test_builder_is_sent_all_that_the_image_takes():
    sent = {
        line.removeprefix("!")
        for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    taken = {source for line in instructions("COPY") if not line.startswith("--from") for source in line.split()[:-1]}

    assert sent == taken


def test_image_runs_without_rights_and_says_so():
    assert (instructions("USER"), instructions("VOLUME")) == (["10001:10001"], ["/data"])


@pytest.mark.parametrize("name", COMPOSED)
def test_sites_containers_write_nowhere_and_may_do_nothing(name: str):
    sites = [service for service in composed(name)["services"].values() if service["image"] == "chatsite"]

    assert sites
    for site in sites:
        assert (site["read_only"], site["tmpfs"], site["cap_drop"]) == (True, ["/tmp"], ["ALL"])  # noqa: S108
        assert (site["security_opt"], site["volumes"]) == (["no-new-privileges:true"], ["data:/data"])
        assert "ports" not in site
        assert int(site["stop_grace_period"].removesuffix("s")) > 20 + 10


@pytest.mark.parametrize("name", COMPOSED)
def test_only_the_proxy_is_believed(name: str):
    described = composed(name)
    (subnet,) = described["networks"]["inside"]["ipam"]["config"]
    trusted = {
        site["environment"]["TRUSTED_PROXIES"] for site in described["services"].values() if site["image"] == "chatsite"
    }
    fixed = {described["services"].get("nginx", {}).get("networks", {"inside": {}})["inside"].get("ipv4_address")}

    assert trusted in ({subnet["subnet"]}, fixed)
    assert {service for service, said in described["services"].items() if "ports" in said} <= {"nginx", "caddy"}


@pytest.mark.nginx
def test_nginx_of_the_cluster_takes_what_the_script_writes(tmp_path: Path):
    make_certificate(tmp_path, days=1)
    written = tmp_path / "site.conf"
    given = {
        "PATH": os.environ["PATH"], "SITES": "127.0.0.1 localhost", "PUBLIC_NAME": "chat.test", "TARGET": str(written),
        "SOURCE": str(DEPLOY / "nginx" / "chatsite.conf"), "CERTIFICATES": str(tmp_path), "NGINX": "true",
    }  # fmt: skip

    subprocess.run(["sh", DEPLOY / "nginx" / "compose.sh"], env=given, check=True)

    text = written.read_text()
    assert "    server 127.0.0.1:8000 max_fails=0;\n    server localhost:8000 max_fails=0;\n" in text
    assert "    listen 443 ssl;\n    http2 on;\n" in text
    assert ("chat.example.org" in text, text.count("server_name chat.test;")) == (False, 3)
    # This nginx may be older than the container's, and may not have these ports.
    older = text.replace("listen 443 ssl;\n    http2 on;", f"listen 127.0.0.1:{free_port()} ssl http2;")
    written.write_text(older.replace("    listen 80;", f"    listen 127.0.0.1:{free_port()};"))
    main = tmp_path / "nginx.conf"
    main.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{ access_log off; include {written}; }}\n")
    command = [str(NGINX), "-t", "-p", tmp_path, "-c", main, "-e", "stderr"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


DOCKER = """#!/bin/sh -e
# As much of docker compose as docs/backup.md uses, without containers: what is run there runs here.
shift
case "$1" in
  exec | run) shift 3; cd "$SITE"; exec "$@" ;;
  cp) exec cp -R "${2#chatsite:}" "$3" ;;
  stop | start) test "$2" = chatsite ;;
  *) exit 64 ;;
esac
"""


@pytest.fixture
def beside(sqlite_host: Host, tmp_path: Path) -> Callable[[str], None]:
    """Runs lines of docs/backup.md beside the host, whose data folder is /data, in the test's folder."""
    programs, place = tmp_path / "programs", tmp_path / "mounted"
    programs.mkdir()
    place.mkdir()
    (programs / "docker").write_text(DOCKER)
    (programs / "docker").chmod(0o755)
    given = sqlite_host.environment | {"PATH": f"{programs}:{BIN}:{os.environ['PATH']}", "SITE": str(ROOT)}

    def run(lines: str) -> None:
        for before, here in (("/srv/chatsite/deploy", tmp_path), ("/mnt/backups", place), ("/data", sqlite_host.data)):
            lines = lines.replace(before, str(here))
        lines = lines.replace("restore /", "restore --yes /")
        done = subprocess.run(
            ["sh", "-ec", lines], cwd=tmp_path, env=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    return run


def in_containers() -> list[str]:
    section = (ROOT / "docs" / "backup.md").read_text().partition("## In containers")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def test_backups_come_out_of_the_volume_night_after_night(beside: Callable[[str], None], tmp_path: Path):
    nightly, *_ = in_containers()

    beside(nightly)
    beside(nightly)

    assert sorted(path.suffix for path in (tmp_path / "mounted").glob("chatsite-*")) == [".zip", ".zip"]
    assert [path for path in (tmp_path / "mounted").iterdir() if path.is_dir()] == []


def test_backup_comes_back_and_leaves_no_copy(beside: Callable[[str], None], sqlite_host: Host, tmp_path: Path):
    _, restoring, _ = in_containers()
    said = sqlite_host.texts
    (name,) = re.findall(r"chatsite-[0-9-]+\.zip", restoring)
    sqlite_host.backup().rename(tmp_path / name)
    sqlite_host.ask("UPDATE conversations_message SET text = 'gone'")

    beside(restoring)

    assert sqlite_host.texts == said
    assert [*sqlite_host.data.glob("*.zip")] == []


def test_key_comes_back_for_its_owner_alone(beside: Callable[[str], None], sqlite_host: Host, tmp_path: Path):
    *_, keeping = in_containers()
    (tmp_path / "secret-key").write_text("the old one")
    (sqlite_host.data / "secret-key").unlink()

    beside(keeping)

    key = sqlite_host.data / "secret-key"
    assert (key.read_text(), key.stat().st_mode & 0o777) == ("the old one", 0o600)

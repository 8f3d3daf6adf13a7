"""`manage.py check` finds settings that make no sense, says what to write instead, and shows no stack and no secret."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECRET = "hunter2-very-secret"


def check(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DATA_DIR": str(tmp_path / "var"), **settings}
    command = [sys.executable, "manage.py", "check"]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)


def test_defaults_are_without_complaint(tmp_path: Path):
    result = check(tmp_path)

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("redis", [{}, {"REDIS_URL": "redis://127.0.0.1:6379/0"}])
def test_several_processes_with_or_without_redis_are_without_complaint(tmp_path: Path, redis: dict[str, str]):
    result = check(tmp_path, DATABASE_URL="postgres://user:password@127.0.0.1/chat", **redis)

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("settings", "identity", "remedy"),
    [
        ({"PORT": "eighty"}, "chatsite.E001", "Set PORT to a whole number"),
        ({"TIME_ZONE": "Mars/Olympus"}, "chatsite.E001", "Europe/Berlin"),
        ({"DATABASE_URL": f"mysql://user:{SECRET}@host/name"}, "chatsite.E001", "postgres://user:password@host/name"),
        ({"DATABASE_URL": f"//{SECRET}"}, "chatsite.E001", "sqlite:////path/to/file"),
        ({"DATABASE_URL": "sqlite:////nowhere/db.sqlite3"}, "chatsite.E008", "Make the folder /nowhere"),
        ({"DATABASE_URL": f"postgres://user:{SECRET}@host"}, "chatsite.E001", "postgres://user:password@host/name"),
        ({"REDIS_URL": f"http://:{SECRET}@host"}, "chatsite.E001", "redis://host:6379/0"),
        ({"EMAIL_URL": f"{SECRET}://host"}, "chatsite.E001", "smtp+tls://user:password@host:587"),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "chatsite.E001", "readable file"),
        ({"DATA_DIR": "/proc/nowhere"}, "chatsite.E001", "Set DATA_DIR to a folder that this user may write"),
        ({"DATA_DIR": "/dev/null"}, "chatsite.E001", "Set DATA_DIR to a folder that this user may write"),
        ({"TRUSTED_PROXIES": "*"}, "chatsite.E001", "127.0.0.1,10.0.0.0/8"),
        ({"REVIEW_WORDS": f"bomb,!!!,{SECRET}"}, "chatsite.E001", "a letter or digit"),
        ({"REVIEW_WORDS": f"ﾞ,{SECRET}"}, "chatsite.E001", "a letter or digit"),
        ({"REVIEW_WORDS": SECRET * 10}, "chatsite.E001", "up to 100 characters"),
        ({"REVIEW_WORDS": ",".join(map(str, range(201)))}, "chatsite.E001", "up to 200 words"),
        ({"AZURE_OPENAI_API_KEY": SECRET}, "chatsite.E002", "Set AZURE_OPENAI_ENDPOINT"),
        ({"AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com"}, "chatsite.E003", "Set AZURE_OPENAI_API_KEY"),
        (
            {"AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com", "AZURE_OPENAI_API_KEY": SECRET},
            "chatsite.E004",
            "Set AZURE_OPENAI_DEPLOYMENT",
        ),
        (
            {
                "AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com",
                "AZURE_OPENAI_API_KEY": SECRET,
                "AZURE_OPENAI_DEPLOYMENT": "gpt",
                "OPENAI_BASE_URL": "https://api.example.org/v1",
            },
            "chatsite.E005",
            "Remove one of the two.",
        ),
        ({"OPENAI_BASE_URL": "https://x.openai.azure.com"}, "chatsite.E006", "AZURE_OPENAI_DEPLOYMENT"),
        ({"OPENAI_API_KEY": "sk-…"}, "chatsite.E009", "the whole key as the provider shows it"),
        ({"CHAT_ANSWER_TOKENS": "8000"}, "chatsite.E007", "a quarter of CHAT_CONTEXT_TOKENS"),
    ],
)
def test_senseless_setting_is_refused_with_its_remedy(
    tmp_path: Path, settings: dict[str, str], identity: str, remedy: str
):
    result = check(tmp_path, **settings)

    assert (result.returncode, identity in result.stderr, remedy in result.stderr) == (1, True, True), result.stderr
    assert "Traceback" not in result.stderr
    assert SECRET not in result.stderr


@pytest.mark.parametrize(
    ("settings", "identity", "remedy"),
    [
        ({"PUBLIC_URL": "http://chat.example.org"}, "chatsite.W002", "HTTPS"),
        ({"PUBLIC_URL": "https://example.org/chat", "TRUSTED_PROXIES": "::1"}, "chatsite.W001", "Leave the path out"),
        ({"PUBLIC_URL": "https://chat.example.org"}, "chatsite.W003", "Set TRUSTED_PROXIES"),
        ({"HOST": "0.0.0.0"}, "chatsite.W004", "Set PUBLIC_URL"),
        ({"ALLOWED_HOSTS": "*"}, "chatsite.W006", "Set ALLOWED_HOSTS"),
        ({"REVIEW_WORD": "bomb"}, "chatsite.W007", "Did you mean REVIEW_WORDS?"),
        ({"CHAT_MODEL": "gpt"}, "chatsite.W007", "Did you mean CHAT_MODELS?"),
        ({"REDIS_URL": f"redis://:{SECRET}@host/0"}, "chatsite.W008", "Set DATABASE_URL to a PostgreSQL database"),
        (
            {
                "AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com",
                "AZURE_OPENAI_API_KEY": SECRET,
                "AZURE_OPENAI_DEPLOYMENT": "gpt",
                "OPENAI_API_KEY": SECRET,
            },
            "chatsite.W005",
            "Remove one of the two.",
        ),
    ],
)
def test_doubtful_setting_is_warned_of(tmp_path: Path, settings: dict[str, str], identity: str, remedy: str):
    result = check(tmp_path, **settings)

    assert (result.returncode, identity in result.stderr, remedy in result.stderr) == (0, True, True), result.stderr
    assert SECRET not in result.stderr


def test_empty_secret_key_file_is_refused(tmp_path: Path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret-key").touch()

    result = check(tmp_path)

    assert (result.returncode, "Traceback" in result.stderr) == (1, False)


def test_secret_key_is_made_once_and_for_its_owner_alone(tmp_path: Path):
    check(tmp_path)
    made = (tmp_path / "var" / "secret-key").read_text()

    check(tmp_path)

    assert (tmp_path / "var" / "secret-key").read_text() == made
    assert (tmp_path / "var" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret-key"]

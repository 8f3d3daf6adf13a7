"""The render process: killed at its deadline, started again, never answering the wrong caller."""

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conversations.markdown import frames
from conversations.markdown.process import LONGEST, Busy, Crashed, DeadlinePassed, RenderProcess, TooLong

ROOT = Path(__file__).resolve().parents[2]

# A worker that does what the text says, instead of rendering it.
SCRIPTED = """
import os, signal, socket, sys, time
from conversations.markdown import frames

peer = socket.socket(fileno=0)
frames.send(peer, b"+")
while True:
    text = frames.receive(peer)[1:].decode()  # without the job
    if text == "hang":
        signal.pause()
    if text == "crash":
        os._exit(1)
    if text == "spin":
        signal.setitimer(signal.ITIMER_PROF, 0.01)
        while True:
            pass
    if text == "late":
        time.sleep(0.3)
    status = b"-" if text == "error" else b"+"
    reply = ",".join(sorted(os.environ)) if text == "environment" else text
    frames.send(peer, status + reply.encode())
"""


@pytest.fixture
def scripted() -> Iterator[RenderProcess]:
    process = RenderProcess([sys.executable, "-c", SCRIPTED], patience=0.2, wait=0.1)
    yield process
    process.close()


@pytest.fixture(scope="module")
def real() -> Iterator[RenderProcess]:
    process = RenderProcess()
    yield process
    process.close()


def test_render_answers_in_the_same_process(scripted: RenderProcess) -> None:
    first = scripted.render("a", engine="nh3"), scripted.pid
    second = scripted.render("b", engine="nh3"), scripted.pid

    assert (first[0], second[0]) == ("a", "b")
    assert first[1] == second[1]


@pytest.mark.fault(59)
def test_render_tells_of_a_text_that_took_too_long_and_recovers(scripted: RenderProcess) -> None:
    with pytest.raises(DeadlinePassed):
        scripted.render("spin", engine="nh3")

    assert scripted.render("b", engine="nh3") == "b"


@pytest.mark.fault(59)
def test_render_waits_for_no_process_that_gets_no_time(scripted: RenderProcess) -> None:
    scripted.render("a", engine="nh3")
    pid = scripted.pid

    with pytest.raises(Busy, match="machine"):
        scripted.render("hang", engine="nh3")

    assert not is_alive(pid)
    assert scripted.render("b", engine="nh3") == "b"


def test_render_never_gives_a_late_answer_to_the_next_caller(scripted: RenderProcess) -> None:
    with pytest.raises(Busy):
        scripted.render("late", engine="nh3")

    assert scripted.render("mine", engine="nh3") == "mine"


def test_render_recovers_from_a_crash(scripted: RenderProcess) -> None:
    with pytest.raises(Crashed):
        scripted.render("crash", engine="nh3")

    assert scripted.render("b", engine="nh3") == "b"


def test_render_replaces_a_process_that_died_idle(scripted: RenderProcess) -> None:
    scripted.render("a", engine="nh3")
    pid = scripted.pid
    end(pid)

    again = scripted.render("b", engine="nh3")

    assert again == "b"
    assert scripted.pid != pid


def test_render_keeps_the_process_after_an_error_it_reports(scripted: RenderProcess) -> None:
    scripted.render("a", engine="nh3")
    pid = scripted.pid

    with pytest.raises(Crashed, match="error"):
        scripted.render("error", engine="nh3")

    assert scripted.pid == pid


def test_render_says_when_the_process_does_not_start() -> None:
    process = RenderProcess([sys.executable, "-c", "raise SystemExit(1)"])

    with pytest.raises(Crashed):
        process.render("a", engine="nh3")

    process.close()


def test_render_says_when_the_process_does_not_get_ready() -> None:
    process = RenderProcess([sys.executable, "-c", "import signal; signal.pause()"], start=0.1)

    with pytest.raises(Crashed):
        process.render("a", engine="nh3")

    process.close()


def test_render_says_when_there_is_no_such_program(tmp_path: Path) -> None:
    process = RenderProcess([str(tmp_path / "nothing")])

    process.warm(engine="nh3")
    with pytest.raises(Crashed):
        process.render("a", engine="nh3")

    assert process.pid is None


def test_render_gives_up_a_process_whose_answer_was_not_heard(
    scripted: RenderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.render("a", engine="nh3")

    with monkeypatch.context() as patch:
        patch.setattr(frames, "receive", interrupt)
        with pytest.raises(KeyboardInterrupt):
            scripted.render("theirs", engine="nh3")

    assert scripted.render("mine", engine="nh3") == "mine"


def test_render_waits_a_bounded_time_for_others(scripted: RenderProcess) -> None:
    scripted.render("a", engine="nh3")

    with ThreadPoolExecutor() as threads, scripted._turn:
        job = threads.submit(scripted.render, "b", engine="nh3")
        with pytest.raises(Busy):
            job.result()


def test_render_refuses_what_no_deadline_allows(scripted: RenderProcess) -> None:
    with pytest.raises(TooLong):
        scripted.render("a" * (LONGEST + 1), engine="nh3")

    assert scripted.pid is None


def test_render_starts_another_process_for_another_engine(scripted: RenderProcess) -> None:
    scripted.render("a", engine="nh3")
    pid = scripted.pid

    scripted.render("a", engine="bleach")

    assert scripted.pid != pid
    assert not is_alive(pid)


def test_process_is_told_no_secrets(scripted: RenderProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("LANG", "C.UTF-8")

    names = scripted.render("environment", engine="nh3").split(",")

    assert "LANG" in names
    assert "OPENAI_API_KEY" not in names


def test_warm_starts_the_process_once(scripted: RenderProcess) -> None:
    scripted.warm(engine="nh3")
    pid = scripted.pid
    scripted.warm(engine="nh3")

    assert pid is not None
    assert scripted.pid == pid


def test_close_ends_the_process_and_render_starts_another(scripted: RenderProcess) -> None:
    scripted.render("a", engine="nh3")
    pid = scripted.pid

    scripted.close()

    assert not is_alive(pid)
    assert scripted.render("b", engine="nh3") == "b"


def test_forget_leaves_the_process_to_the_parent_of_a_fork(scripted: RenderProcess) -> None:
    scripted.render("a", engine="nh3")
    pid = scripted.pid

    child = os.fork()
    if child == 0:
        scripted.forget()
        os._exit(scripted.pid is not None)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert (scripted.render("b", engine="nh3"), scripted.pid) == ("b", pid)


def test_process_gives_each_thread_its_own_answer(real: RenderProcess) -> None:
    texts = [f"text *{number}*" for number in range(200)]

    with ThreadPoolExecutor(8) as threads:
        pages = list(threads.map(lambda text: real.render(text, engine="nh3"), texts))

    assert pages == [f"<p>text <em>{number}</em></p>\n" for number in range(200)]


def test_process_killed_in_the_middle_of_a_job_is_replaced(real: RenderProcess) -> None:
    real.render("a", engine="nh3")
    pid = real.pid

    with ThreadPoolExecutor() as threads:
        job = threads.submit(real.render, "[" * 20_000, engine="nh3")
        await_turn_taken(real)
        end(pid)
        with pytest.raises(Crashed):
            job.result()

    assert real.render("b", engine="nh3") == "<p>b</p>\n"


def test_process_takes_a_megabyte() -> None:
    patient = RenderProcess(patience=30)

    page = patient.render("word " * 200_000, engine="nh3")

    assert page == "<p>" + ("word " * 200_000).strip() + "</p>\n"
    patient.close()


PARENT = """
import sys
from conversations.markdown.process import render_process
render_process.render("a", engine="nh3")
print(render_process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_process_ends_when_its_parent_dies(signum: signal.Signals) -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        watched = os.pidfd_open(int(parent.stdout.readline()))

        parent.send_signal(signum)

    assert has_ended(watched)


ENDLESS = """
import signal
from conversations.markdown import worker
worker.LAST_RESORT = 0.1
worker.render_here = lambda text, engine: signal.pause() or signal.pause()
worker.answer(b"w", "a", engine="nh3")
"""


SPINNING = """
from conversations.markdown import worker
worker.DEADLINE = 0.1
def spin(text, engine):
    while True:
        pass
worker.render_here = spin
worker.answer(b"w", "a", engine="nh3")
"""


@pytest.mark.parametrize(
    ("job", "end"), [(ENDLESS, signal.SIGALRM), (SPINNING, signal.SIGPROF)], ids=["waiting", "spinning"]
)
def test_process_ends_an_endless_job_by_itself(job: str, end: signal.Signals) -> None:
    done = subprocess.run([sys.executable, "-c", job], check=False, cwd=ROOT, timeout=30)

    assert done.returncode == -end


def test_process_reports_an_error_without_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from conversations.markdown import worker  # here: it imports the parser, which the server's side must not need

    monkeypatch.setattr(worker, "render_here", fail_with_the_text)

    reply = worker.answer(b"w", "secret", engine="nh3").decode()

    assert reply.startswith(f"-ValueError at {__file__}:")
    assert "secret" not in reply


def test_process_imports_no_django() -> None:
    assert loaded("conversations.markdown.worker", "django") == []


def test_server_imports_no_parser() -> None:
    assert loaded("conversations.markdown", "markdown_it", "pygments", "nh3", "bleach") == []


def loaded(module: str, *libraries: str) -> list[str]:
    source = f"import sys, {module}; print(*sorted({set(libraries)} & set(sys.modules)))"
    return subprocess.check_output([sys.executable, "-c", source], cwd=ROOT, text=True).split()


def interrupt(*_: object, **__: object) -> bytes:
    raise KeyboardInterrupt


def fail_with_the_text(text: str, *, engine: str) -> str:
    raise ValueError(text)


def is_alive(pid: int | None) -> bool:
    return pid is not None and Path(f"/proc/{pid}").exists()


def end(pid: int | None) -> None:
    assert pid
    watched = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert has_ended(watched)


def has_ended(watched: int) -> bool:
    ended = bool(select.select([watched], [], [], 10)[0])
    os.close(watched)
    return ended


def await_turn_taken(process: RenderProcess) -> None:
    """Wait until some caller has its turn, and so long that its job is under way."""
    taken = threading.Event()
    while process._turn.acquire(blocking=False):
        process._turn.release()
        taken.wait(0.001)
    taken.wait(0.05)

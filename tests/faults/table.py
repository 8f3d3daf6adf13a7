"""What goes wrong and what a person then sees: one row for each fault. docs/reliability.md shows it with its tests."""

from typing import NamedTuple

PROVIDER, BROWSER, SERVER = "From the model provider", "From the browser", "On the server"


class Fault(NamedTuple):
    """`number` is what `pytest.mark.fault(number)` names."""

    number: int
    group: str
    fault: str
    behaviour: str


def rows(group: str, first: int, *pairs: tuple[str, str]) -> list[Fault]:
    """The rows of one group, numbered from `first` on: a fault and what then happens."""
    return [Fault(number, group, *pair) for number, pair in enumerate(pairs, first)]


FAULTS = [
    *rows(
        PROVIDER,
        1,
        (
            "It refuses the site's key (401, 403)",
            "“This site's access to the model is misconfigured”, and Retry; the log has the detail, without the key",
        ),
        ("It does not know the model (404)", "The model is named, and others are offered"),
        ("What was sent is too long for the model (400, 413)", "This is said and a shorter history offered; no loop"),
        (
            "It asks for patience (429, for 30 seconds)",
            "Asked again at most twice, only before the first word, with a countdown, and Stop ends the wait",
        ),
        (
            "It asks for much patience, or in nonsense (429, for an hour, with a date, in milliseconds, garbled)",
            "The answer fails at once and says from when on to try again; nonsense counts as no wish at all",
        ),
        (
            "It is down before it says anything (500, 502, 503, 504, 529)",
            "Asked again at most twice, with growing pauses that differ; then the error, and Retry",
        ),
        ("It reports an error in the middle", "The text so far is kept as failed; Continue and Retry"),
        ("It sends an error event and nothing more", "As 7"),
        ("It reports an error after it said that it had finished", "The error counts; the text is kept"),
        ("It sends an event that only its name tells to be an error", "It is taken as the error that it is"),
        (
            "The connection is reset or cut",
            "The text so far is kept; “The connection to the model was lost”",
        ),
        (
            "The stream ends as if all were well, without a finish reason",
            "Failed as not finished: only a finish reason makes an answer complete",
        ),
        ("The stream ends after a finish reason, without its last line", "Complete"),
        (
            "It falls silent",
            "A notice after 10 seconds; the error after 60 seconds (300 before the first word); the text is kept",
        ),
        ("It only sends comments, for minutes", "“This answer is in its queue”, up to half an hour in all"),
        ("It sends a chunk that is no JSON", "The text so far is kept, with the error"),
        ("It sends empty events and pings", "Ignored"),
        ("It sends chunks that are a text, a list or a number", "Ignored"),
        ("It sends chunks without choices; usage that is last, null or missing", "Skipped, and the usage is read"),
        ("It sends empty deltas", "Ignored"),
        ("It sends content as a list, or as a number", "The parts that are text are taken"),
        (
            "It thinks for minutes, in one of three dialects",
            "Shown as thoughts, apart from the answer; thinking counts as a sign of life",
        ),
        (
            "It calls tools, refuses or speaks, which nobody asked for",
            "A refusal's words are the answer; where no text came, a sentence says why",
        ),
        ("It stops at its length limit", "“Cut at the length limit”, and Continue"),
        ("Its content filter ends the answer", "What was shown is kept and labelled as filtered"),
        ("It finishes without any text", "“The model returned nothing”, and Retry"),
        ("It answers with a whole JSON, or with a web page, and status 200", "An error; not an empty answer"),
        ("It redirects", "Not followed (the key stays here); an error"),
        (
            "It sends a line, an answer or an error without end",
            "Bytes of a line and of an answer, and the time, are bounded; then the answer ends with a label",
        ),
        ("Its packets cut characters", "The text is the same, byte by byte"),
        ("It sends what is no UTF-8", "The text so far is kept, with the error"),
        ("It sends halves of emoji", "Halves that belong together are joined; a lone one becomes “�”"),
        ("It, or a person, sends NUL characters", "Each becomes “�” before anything is kept or shown"),
        ("It begins with a byte order mark", "The mark is dropped, and nothing else"),
        ("The machine's clock jumps", "No wait changes, and messages stay in their order"),
    ),
    *rows(
        BROWSER,
        36,
        ("The tab is closed, the laptop shut", "The answer goes on, and is there on coming back"),
        (
            "The page is reloaded, left and come back to, or opened on a second device in the middle of an answer",
            "It shows the text so far and goes on: no gap, nothing twice",
        ),
        (
            "A double click, Enter twice, or the reply to a send is lost",
            "The same message is answered once, by one call to the model",
        ),
        ("The same text is sent twice on purpose", "Two messages"),
        (
            "Two tabs send into one conversation",
            "The second is told that an answer is being written, and keeps its text",
        ),
        (
            "Stop before the first word, after the end, twice, or from another tab",
            "Each time the same: what was seen is kept, the call to the model ended, “stopped” everywhere",
        ),
        (
            "The conversation, or the account, is deleted in the middle of an answer",
            "The answer is ended, and nothing comes back to life",
        ),
        (
            "The person logs out, or is deactivated, while an answer is followed",
            "The stream closes within one heartbeat (15 seconds)",
        ),
        ("A reader is slow, or reads nothing", "Only that reader waits, and its memory is bounded"),
        (
            "Seven tabs, where a browser opens six connections",
            "The page works: a connection is open only while an answer runs",
        ),
        ("Enter while composing a character", "No half-typed message is sent"),
        ("A page from before an upgrade", "It ignores events that it does not know, and overwrites no history"),
        (
            "Something other than a stream comes (a proxy's 502 during a deploy)",
            "The page opens the stream anew, with growing pauses",
        ),
    ),
    *rows(
        SERVER,
        49,
        (
            "The process is killed, or the power fails",
            "The text up to the last second is kept as interrupted; Continue and Answer again",
        ),
        (
            "The process is told to end (a deploy)",
            "Answers have time to finish, else they are kept as interrupted; readers are told; it ends in time",
        ),
        ("Two server processes", "An answer of one is followed, resumed and stopped through the other"),
        (
            "SQLite is locked by another writer",
            "Writers wait for each other, none fails; nothing is locked while a model is waited for",
        ),
        (
            "The database goes away in the middle of an answer",
            "The stream goes on, saving is tried again; where that is in vain, the page says so and keeps the text",
        ),
        (
            "The database is away when a message is sent",
            "“Cannot save anything at the moment”: the text stays in the composer, and no model is called",
        ),
        ("Redis goes away, or loses a message", "Readers follow the database instead"),
        ("The disk is full, or read-only", "As 53 and 54; the readiness check turns red"),
        ("Many streams are open at once", "None of them holds a connection to the database"),
        (
            "A proxy buffers, or cuts connections after a minute or two",
            "A first byte at once, a heartbeat every 15 seconds; the page goes on from where it was",
        ),
        (
            "Markdown that is made to be slow",
            "Rendering is ended at its deadline, in a process of its own; then the text is shown as it is",
        ),
        (
            "The model gives no title, one with markup, or one of 5,000 characters",
            "A short line of text is made of it, else the first words of the message stand; no answer waits for it",
        ),
        (
            "Wrong types, missing fields or huge bodies, at any address",
            "Refused with a sentence (400, 413, 422); the process lives",
        ),
    ),
]

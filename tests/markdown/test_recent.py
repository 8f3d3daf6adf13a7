"""What was rendered last is not rendered again."""

from threading import Thread

from conversations import markdown
from conversations.markdown.process import render_process
from conversations.markdown.recent import Recent
from tests.patience import PATIENCE


def test_value_is_found_by_its_key() -> None:
    recent = Recent[str](100)
    recent.keep(("one", "text"), "html", 4)

    assert (recent.get(("one", "text")), recent.get(("other", "text")), recent.get("text")) == ("html", None, None)


def test_oldest_goes_where_there_is_no_room() -> None:
    recent = Recent[str](20)
    for key in "abc":
        recent.keep(key, key.upper(), 9)

    assert [recent.get(key) for key in "abc"] == [None, "B", "C"]


def test_value_that_is_larger_than_all_room_is_not_kept() -> None:
    recent = Recent[str](20)
    recent.keep("small", "s", 1)
    recent.keep("large", "l", 21)

    assert (recent.get("small"), recent.get("large")) == ("s", None)


def test_value_that_is_kept_again_takes_its_new_room_and_is_the_newest() -> None:
    recent = Recent[str](20)
    for key, value, room in [("a", "A", 9), ("b", "B", 9), ("a", "A again", 10), ("c", "C", 9)]:
        recent.keep(key, value, room)

    assert [recent.get(key) for key in "abc"] == ["A again", None, "C"]


def test_threads_keep_within_the_room() -> None:
    recent = Recent[str](1000)

    def keep(name: str) -> None:
        for number in range(500):
            recent.keep((name, number), "html", 5)

    threads = [Thread(target=keep, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    kept = sum(recent.get((name, number)) is not None for name in "abcd" for number in range(500))

    assert kept == 200


def test_text_is_rendered_once() -> None:
    markdown.close()
    first = markdown.render("*once*")
    render_process.close()
    again = markdown.render("*once*")

    assert (first, str(again.html)) == (again, "<p><em>once</em></p>\n")
    assert render_process.pid is None

"""What was rendered last is not rendered again."""

from threading import Thread

from conversations import markdown
from conversations.markdown.process import render_process
from conversations.markdown.recent import Recent


def test_result_is_found_by_kind_and_text() -> None:
    recent = Recent(100)
    recent.keep("one", "text", "html")

    assert (recent.get("one", "text"), recent.get("other", "text"), recent.get("one", "texts")) == ("html", None, None)


def test_oldest_goes_where_there_is_no_room() -> None:
    recent = Recent(20)
    for text in "abc":
        recent.keep("", text, text * 8)

    assert [recent.get("", text) for text in "abc"] == [None, "b" * 8, "c" * 8]


def test_result_that_is_larger_than_all_room_is_not_kept() -> None:
    recent = Recent(20)
    recent.keep("", "small", "s")
    recent.keep("", "large", "l" * 100)

    assert (recent.get("", "small"), recent.get("", "large")) == ("s", None)


def test_kept_twice_it_takes_its_room_once() -> None:
    recent = Recent(20)
    for _ in range(9):
        recent.keep("", "text", "html")
    recent.keep("", "more", "html")

    assert recent.get("", "text") == "html"


def test_threads_keep_within_the_room() -> None:
    recent = Recent(1000)

    def keep(name: str) -> None:
        for number in range(500):
            recent.keep(name, str(number), "html")

    threads = [Thread(target=keep, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    kept = sum(recent.get(name, str(number)) is not None for name in "abcd" for number in range(500))

    assert 100 < kept <= 250


def test_text_is_rendered_once() -> None:
    markdown.close()
    first = markdown.render("*once*")
    render_process.close()
    again = markdown.render("*once*")

    assert (first, str(again.html)) == (again, "<p><em>once</em></p>\n")
    assert render_process.pid is None

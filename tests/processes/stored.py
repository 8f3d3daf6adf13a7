"""What the database has of people's questions and their answers, asked without the site."""

from typing import NamedTuple
from uuid import UUID

from tests.processes.alone import Alone
from tests.programs.cluster import Cluster


class Answer(NamedTuple):
    status: str
    text: str
    question: str


def answers(site: Alone | Cluster) -> dict[str, Answer]:
    """Every answer, by its id."""
    rows = site.rows("""SELECT answer.uuid, answer.status, answer.text, question.text FROM conversations_message answer
                        JOIN conversations_message question ON question.id = answer.parent_id
                        WHERE answer.role = 'assistant' ORDER BY answer.id""")
    return {str(UUID(str(uuid))): Answer(*map(str, columns)) for uuid, *columns in rows}


def questions(site: Alone | Cluster) -> list[str]:
    """The texts of people's messages, in order."""
    rows = site.rows("SELECT text FROM conversations_message WHERE role = 'user' ORDER BY id")
    return [str(text) for (text,) in rows]

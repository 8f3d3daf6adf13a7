"""Conversations to go on in, made within the site: each has a title, so that none is asked for, and one turn."""

from django.contrib.auth.models import User

from bench.streams.upstream import MODEL
from conversations.models import Conversation, Message, TitleSource
from conversations.models.conversation import titled


def places(people: list[str], *, streams: int, count: int) -> list[tuple[str, str]]:
    """The addresses of `count` conversations, and the message at the end of each. Their owners take turns as the
    readers of so many streams do."""
    owners = [User.objects.get(username=name) for name in people]
    made = Conversation.objects.bulk_create(
        Conversation(
            owner=owners[number % streams % len(owners)],
            model=MODEL,
            title_source=TitleSource.PERSON,
            **titled("Before"),
        )
        for number in range(count)
    )
    questions = said(made, [None] * count, role="user", text="What was before?")
    answers = said(made, questions, role="assistant", text="A turn of a few words.", model=MODEL)
    for conversation, answer in zip(made, answers, strict=True):
        conversation.leaf = answer
    Conversation.objects.bulk_update(made, ["leaf"], batch_size=500)
    return [
        (conversation.get_absolute_url(), str(answer.uuid)) for conversation, answer in zip(made, answers, strict=True)
    ]


def said(
    conversations: list[Conversation], parents: list[Message] | list[None], *, role: str, text: str, model: str = ""
) -> list[Message]:
    return Message.objects.bulk_create(
        Message(conversation=conversation, owner=conversation.owner, parent=parent, role=role, text=text, model=model)
        for conversation, parent in zip(conversations, parents, strict=True)
    )

"""The steps of a generation in the database: each is synchronous, whole, and one transaction."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import transaction

from conversations import live, prompts
from conversations.models import Checkpoint, Conversation, Message, Role, Status, TitleSource, branches


@dataclass(frozen=True, slots=True)
class Work:
    """What a claimed answer asks for. Without a prompt, the message does not fit into the model any more."""

    answer: Message
    prompt: prompts.Prompt | None
    title_from: str  # the person's text, where the conversation still wants a title from the model


class Kept(Enum):
    """What a checkpoint found."""

    OURS = "ours"
    STOP = "stop"
    LOST = "lost"


@transaction.atomic
def claim(pk: int, runner: str) -> Work | None:
    """Take the pending answer: its work, or None where it is deleted, ended or taken."""
    answer = Message.objects.running().select_related("conversation", "parent").filter(pk=pk).first()
    if answer is None:
        return None
    try:
        prompt, sent = _prompt(answer)
    except prompts.DoesNotFit:
        prompt, sent = None, {}
    if not answer.claim(runner=runner, sent=sent):
        return None
    return Work(answer=answer, prompt=prompt, title_from=_title_from(answer))


def checkpoint(texts: list[Checkpoint]) -> dict[int, Kept]:
    """What a checkpoint found, by the keys of those that are not lost."""
    kept = Message.objects.checkpoint(texts)
    return {pk: Kept.STOP if wish else Kept.OURS for pk, wish in kept.items()}


def _prompt(answer: Message) -> tuple[prompts.Prompt, dict[str, Any]]:
    conversation = answer.conversation
    branch = branches.up_to(answer.parent_id)
    # A turn is two messages; what stands before the last N cannot be sent and is not read.
    tail = branch[-(2 * conversation.turns + 1) :]
    prompt = conversation.prompt(_said(conversation, tail), model=answer.model, continues=answer.text)
    sent = {
        "turns": prompt.turns,
        "turns_left_out": prompt.turns_left_out + (len(branch) - len(tail)) // 2,
        "messages": prompt.sent,
        "left_out": prompt.left_out,
        "tokens": prompt.tokens,
        "temperature": conversation.temperature,
        "answer_tokens": conversation.longest_answer,
        **answer.sent,
    }
    return prompt, sent


def _said(conversation: Conversation, branch: list[int]) -> list[prompts.Said]:
    rows = conversation.messages.filter(pk__in=branch).values_list("pk", "uuid", "role", "text", "status")
    said = {
        pk: prompts.Said(
            key=str(uuid),
            role="assistant" if role == Role.ASSISTANT else "user",
            text=text,
            usable=status != Status.FAILED,
        )
        for pk, uuid, role, text, status in rows
    }
    return [said[pk] for pk in branch]


def _title_from(answer: Message) -> str:
    question = answer.parent
    is_first = question is not None and question.parent_id is None
    return question.text if question and is_first and answer.conversation.wants_title else ""


def snapshot(pk: int) -> live.Snapshot | None:
    """The answer as its row has it; None once it is deleted."""
    answer = Message.objects.select_related("conversation").filter(pk=pk).first()
    if answer is None:
        return None
    return live.Snapshot(
        status=answer.status,
        model=answer.model,
        text=answer.text,
        reasoning=answer.reasoning,
        title=answer.conversation.title if answer.conversation.title_source == TitleSource.MODEL else "",
        end=None if answer.is_running else end_of(answer),
    )


def end_of(answer: Message) -> live.End:
    return live.End(answer.status, reason=answer.finish_reason, usage=answer.usage, error=answer.failure)

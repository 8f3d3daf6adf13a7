"""The title of a conversation, asked of the model beside its first answer."""

import asyncio
import logging
from contextlib import suppress

from django.db import DatabaseError

from conversations import database, live, prompts, provider, titles
from conversations.generation.rows import Work

log = logging.getLogger(__name__)

PATIENCE = 30.0  # seconds
TOKENS = 200  # a model that thinks needs some before it names anything
MOST = 2_000  # characters of a proposal that are read


async def propose(work: Work, channel: live.Channel) -> None:
    """Give the conversation the title that the model proposes; on any failure the first words stand as they are."""
    try:
        async with asyncio.timeout(PATIENCE):
            title = titles.proposed(await _ask(work))
    except (provider.ProviderError, TimeoutError) as error:
        log.info("no title for a conversation: %s", type(error).__name__)
        return
    if not title:
        return
    try:
        is_kept: bool = await database.run(work.answer.conversation.keep_proposed_title, title)
    except DatabaseError as error:
        log.info("a title could not be kept: %s", error)
        return
    if is_kept:
        channel.entitle(title)


async def _ask(work: Work) -> str:
    text = ""

    def read(part: provider.Part) -> None:
        nonlocal text
        if isinstance(part, provider.Delta):
            text += part.text
        if len(text) > MOST:
            raise _Enough

    messages = prompts.for_title(work.title_from)
    with suppress(_Enough):
        await provider.stream(model=work.answer.model, messages=messages, max_tokens=TOKENS, told=read)
    return text


class _Enough(Exception):
    """More of a proposal is not read."""

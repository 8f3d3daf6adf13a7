"""The thread that Django keeps for a request, given back before a response that stays open for minutes."""

from asgiref.sync import SyncToAsync, sync_to_async

from conversations import database


async def leave() -> None:
    """Give back this request's database connection and end its thread; what needs one later gets a new one.

    Django keeps a thread (some 60 KB) for each request until the last byte of its response is sent.
    """
    await sync_to_async(database.let_go)()
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor is not None:
        executor.shutdown(wait=False)

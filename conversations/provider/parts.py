"""What an answer is made of as it arrives: deltas, notices and one finish."""

from typing import NamedTuple


class Delta(NamedTuple):
    """What was added: to the answer's text, to the model's thinking, or to both. Never both empty."""

    text: str
    reasoning: str


class Notice(NamedTuple):
    """What is being waited for; the next part replaces it.

    `waiting`: nothing came for ten seconds. `queued`: only comments come. `provider_limit`: the provider asked
    for patience (or failed) and is asked again at `until`, in seconds since the epoch.
    """

    code: str
    until: float | None = None


class Usage(NamedTuple):
    """Tokens as the provider counted them; None where it did not say."""

    prompt_tokens: int | None
    completion_tokens: int | None
    reasoning_tokens: int | None


class Finish(NamedTuple):
    """The answer's end as the model said it. `reason` is stop, length, content_filter, tool_calls or the provider's
    own word; `model` is who really answered, where the provider said so."""

    reason: str
    usage: Usage | None
    model: str


Part = Delta | Notice | Finish

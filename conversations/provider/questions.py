"""What is asked of a model, with the optional parameters that it is known to take. Pure."""

from dataclasses import dataclass, replace
from typing import Any

from conversations.provider.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Accepted:
    """The optional parameters that a model takes, as far as it is known."""

    limit: str  # the name of the limit of tokens, or empty
    usage: bool = True
    temperature: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """A model and its messages; None leaves a parameter out."""

    model: str
    messages: list[dict[str, str]]
    max_tokens: int | None
    temperature: float | None

    def parameters(self, accepted: Accepted) -> dict[str, Any]:
        """The body of the request."""
        parameters: dict[str, Any] = {"model": self.model, "messages": self.messages, "stream": True}
        if accepted.usage:
            parameters["stream_options"] = {"include_usage": True}
        if accepted.limit and self.max_tokens is not None:
            parameters[accepted.limit] = self.max_tokens
        if accepted.temperature and self.temperature is not None:
            parameters["temperature"] = self.temperature
        return parameters

    def accepted_after(self, refusal: Refusal, accepted: Accepted) -> Accepted:
        """What the model takes if the refusal is about an optional parameter that was sent; else the same."""
        complaint = refusal.complaint
        if refusal.status not in (400, 422) or complaint.is_about_context:
            return accepted
        sent = self.parameters(accepted)
        if "stream_options" in sent and (complaint.names("stream_options") or complaint.names("include_usage")):
            return replace(accepted, usage=False)
        if accepted.limit in sent and complaint.names(accepted.limit):
            return replace(accepted, limit="max_completion_tokens" if accepted.limit == "max_tokens" else "")
        if "temperature" in sent and complaint.names("temperature"):
            return replace(accepted, temperature=False)
        return accepted

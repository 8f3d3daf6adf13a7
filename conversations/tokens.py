"""How many tokens a text costs, estimated: exact tables differ by model and would have to be downloaded.

The estimate is UTF-8 bytes / 3 + 4 per message; what a model reports afterwards corrects it for that model.
"""

MESSAGE_OVERHEAD = 4
BYTES_PER_TOKEN = 3
LEARNING_RATE = 0.2
CORRECTION_RANGE = (0.25, 4.0)
MODELS_REMEMBERED = 1000
LEAST_TO_LEARN_FROM = 500  # tokens; in a short prompt the model's own template weighs more than the text

_corrections: dict[str, float] = {}


def estimate(text: str, *, model: str = "") -> int:
    """Tokens that one message with this text costs, corrected by what `model` has reported so far."""
    raw = len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN + MESSAGE_OVERHEAD
    return round(raw * _corrections.get(model, 1.0)) or 1


def learn(model: str, *, estimated: int, reported: int) -> None:
    """Move the correction of `model` towards what it reported for a prompt that was estimated at `estimated` tokens."""
    if (
        estimated < LEAST_TO_LEARN_FROM
        or reported <= 0
        or (model not in _corrections and len(_corrections) >= MODELS_REMEMBERED)
    ):
        return
    known = _corrections.get(model, 1.0)
    moved = known * (1 + LEARNING_RATE * (reported / estimated - 1))
    _corrections[model] = min(max(moved, CORRECTION_RANGE[0]), CORRECTION_RANGE[1])

"""How a model is asked, as a person chose it."""

from typing import Any, TypedDict

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from conversations import refusals, tokens

MOST_TURNS = 1000
HIGHEST_TEMPERATURE = 2


class Chosen(TypedDict, total=False):
    """Some of the settings, by name. Empty and None stand for the site's or the model's default."""

    model: str
    system_prompt: str
    history_turns: int | None
    temperature: float | None
    answer_tokens: int | None


NAMES = tuple(Chosen.__annotations__)


class Settings(models.Model):
    """What is chosen; empty and None stand for the site's or the model's default."""

    model = models.CharField(_("model"), max_length=200, blank=True)
    system_prompt = models.TextField(_("system prompt"), blank=True)
    history_turns = models.PositiveIntegerField(
        _("turns sent along"), null=True, blank=True, validators=[MaxValueValidator(MOST_TURNS)]
    )
    temperature = models.FloatField(
        _("temperature"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(HIGHEST_TEMPERATURE)],
    )
    answer_tokens = models.PositiveIntegerField(
        _("longest answer (tokens)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(temperature__gte=0, temperature__lte=HIGHEST_TEMPERATURE),
                name="temperature_of_a_%(class)s_is_possible",
            ),
            models.CheckConstraint(condition=Q(answer_tokens__gte=1), name="longest_answer_of_a_%(class)s_is_possible"),
        ]

    @property
    def chosen(self) -> dict[str, Any]:
        """All settings, by name."""
        return {name: getattr(self, name) for name in NAMES}

    @property
    def turns(self) -> int:
        """How many earlier turns go with a message."""
        return settings.CHAT_HISTORY_TURNS if self.history_turns is None else self.history_turns

    @property
    def longest_answer(self) -> int:
        """The limit of an answer, in tokens: what was chosen, and never more than the site allows."""
        most = int(settings.CHAT_ANSWER_TOKENS)
        return most if self.answer_tokens is None else min(self.answer_tokens, most)

    @property
    def budget(self) -> int:
        """Tokens that may be sent: the model's window, less what the answer may need of it."""
        return int(settings.CHAT_CONTEXT_TOKENS) - self.longest_answer

    def refuse_without_room(self) -> None:
        """Raises NoRoom for a system prompt that leaves no room for a message."""
        if tokens.estimate(self.system_prompt) > self.budget // 2:
            raise refusals.NoRoom

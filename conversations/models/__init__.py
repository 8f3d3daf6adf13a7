"""The nouns: one per file."""

from conversations.models.conversation import Conversation, TitleSource
from conversations.models.message import Ending, Message, Role, Status
from conversations.models.preferences import Preferences

__all__ = ["Conversation", "Ending", "Message", "Preferences", "Role", "Status", "TitleSource"]

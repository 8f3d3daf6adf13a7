"""The nouns: one per file."""

from conversations.models.conversation import Conversation, TitleSource
from conversations.models.message import Ending, Message, Role, Status
from conversations.models.preferences import Preferences
from conversations.models.preset import Preset
from conversations.models.settings import Settings

__all__ = ["Conversation", "Ending", "Message", "Preferences", "Preset", "Role", "Settings", "Status", "TitleSource"]

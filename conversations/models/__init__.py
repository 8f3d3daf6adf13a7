"""The nouns: one per file."""

from conversations.models.conversation import Conversation, TitleSource
from conversations.models.message import Ending, Message, Role, Status
from conversations.models.preferences import Preferences
from conversations.models.preset import Preset
from conversations.models.read_record import Act, Category, ReadRecord, Reason
from conversations.models.settings import Settings
from conversations.models.site_setting import SiteSetting

__all__ = [
    "Act",
    "Category",
    "Conversation",
    "Ending",
    "Message",
    "Preferences",
    "Preset",
    "ReadRecord",
    "Reason",
    "Role",
    "Settings",
    "SiteSetting",
    "Status",
    "TitleSource",
]

"""The nouns: one per file."""

from conversations.models.conversation import Conversation, TitleSource
from conversations.models.feedback import Feedback
from conversations.models.flag import Flag
from conversations.models.import_ import Import, ImportPart, Outcome
from conversations.models.indexed_text import IndexedText
from conversations.models.job import Job
from conversations.models.legal_hold import LegalHold
from conversations.models.message import Checkpoint, Ending, Message, Role, Status
from conversations.models.origin import Origin
from conversations.models.places import Place
from conversations.models.preferences import Preferences
from conversations.models.preset import Preset
from conversations.models.read_record import Act, Category, ReadRecord, Reason
from conversations.models.retention_rule import RetentionRule, Scope
from conversations.models.review import Review
from conversations.models.review_note import ReviewNote
from conversations.models.session import Session
from conversations.models.settings import Settings
from conversations.models.site_setting import SiteSetting
from conversations.models.tag import Tag

__all__ = [
    "Act",
    "Category",
    "Checkpoint",
    "Conversation",
    "Ending",
    "Feedback",
    "Flag",
    "Import",
    "ImportPart",
    "IndexedText",
    "Job",
    "LegalHold",
    "Message",
    "Origin",
    "Outcome",
    "Place",
    "Preferences",
    "Preset",
    "ReadRecord",
    "Reason",
    "RetentionRule",
    "Review",
    "ReviewNote",
    "Role",
    "Scope",
    "Session",
    "Settings",
    "SiteSetting",
    "Status",
    "Tag",
    "TitleSource",
]

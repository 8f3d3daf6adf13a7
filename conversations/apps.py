"""The app, and what of Django's own apps is another way here."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    default = True  # of those in this module
    name = "conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        from conversations import checks, factors  # noqa: PLC0415 - settings and models are ready only now
        from conversations.models import indexed_text, legal_hold, session  # noqa: PLC0415 - as above

        checks.register_all()
        factors.own_signals()
        legal_hold.own_signals()
        session.own_signals()
        indexed_text.own_signals()


class Admin(admin.AdminConfig):
    default = False  # which Django's is, of its own module
    # Not in conversations.admin: whoever asks for the site first would import that, and what is registered there
    # meanwhile would stand on another one.
    default_site = "conversations.views.administration.Site"


class StaticFiles(StaticFilesConfig):
    """Django's, without what no page loads: htmx 4, the extensions (some import names that cannot be hashed), and what
    is there minified too, to be read by people."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        *("htmx-4*", "htmax*", "django_htmx/ext/*"),
        *("htmx-2.js", "jquery.js", "select2.full.js", "xregexp.js"),
    ]

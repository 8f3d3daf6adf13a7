"""What the server runs: Django behind the site's own start, end and limit of a body."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup(set_prefix=False)

from conversations.handler import Handler  # noqa: E402 - needs the apps, which the line above has loaded
from conversations.lifespan import Site  # noqa: E402

application = Site(Handler())

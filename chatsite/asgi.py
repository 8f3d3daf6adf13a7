"""What the server runs: Django behind the site's own start, end and limit of a body."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django_application = get_asgi_application()

from conversations.lifespan import Site  # noqa: E402 - needs the apps, which the line above has loaded

application = Site(django_application)

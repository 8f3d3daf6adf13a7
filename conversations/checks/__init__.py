"""What `manage.py check` says of a site's settings, beyond what Django does: each with an id and a remedy.

`values` are looked at before anything serves; `deployment`, with `--deploy`, asks whether a site that others reach is
safe.
"""

from django.core.checks import register

from conversations.checks import deployment, values


def register_all() -> None:
    for check in values.CHECKS:
        register(check)
    for asked in deployment.CHECKS:
        register(asked, deploy=True)

"""What `manage.py check` says of a site's settings, beyond what Django does: each with an id and a remedy.

`values` are looked at before anything serves; the others, with `--deploy`, ask whether a site that others reach is
safe.
"""

from django.core.checks import register

from conversations.checks import crossing, deployment, logins, values

DEPLOYED = [*deployment.CHECKS, *crossing.CHECKS, *logins.CHECKS]


def register_all() -> None:
    for check in values.CHECKS:
        register(check)
    for asked in DEPLOYED:
        register(asked, deploy=True)

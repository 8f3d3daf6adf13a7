"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from conversations import accounts, probes
from conversations.views import (
    conversations,
    events,
    exports,
    health,
    imports,
    manifest,
    markdown,
    messages,
    metrics,
    offline,
    preferences,
    presets,
    probe,
    security,
    sent,
    setup,
)

urlpatterns = [
    path("", conversations.home, name="home"),
    path("conversations/", conversations.collection, name="conversations"),
    path("conversations/<uuid:uuid>/", conversations.detail, name="conversation"),
    path("conversations/<uuid:uuid>/messages/", messages.collection, name="conversation-messages"),
    path("conversations/<uuid:uuid>/export/", exports.conversation, name="conversation-export"),
    path("export/", exports.archive, name="export"),
    path("imports/", imports.imports, name="imports"),
    path("imports/<uuid:uuid>/stop/", imports.stop, name="import-stop"),
    path("messages/<uuid:uuid>/", messages.detail, name="message"),
    path(probes.PATH.removeprefix("/"), probe.probe, name="probe"),
    path("messages/<uuid:uuid>/events/", events.events, name="message-events"),
    path("messages/<uuid:uuid>/stop/", messages.stop, name="message-stop"),
    path("messages/<uuid:uuid>/sent/", sent.sent, name="message-sent"),
    path("markdown/", markdown.render, name="markdown"),
    path("presets/", presets.collection, name="presets"),
    path("presets/<uuid:uuid>/", presets.detail, name="preset"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("accounts/2fa/", security.security, name="mfa_index"),
    path("accounts/address/", security.verify_address, name="verify-address"),
    path("accounts/sessions/", security.sessions, name="sessions"),
    path("accounts/", include(accounts.urlpatterns)),
    path("setup/<str:token>/", setup.first_admin, name="first-admin"),
    path("admin/", admin.site.urls),
    path("manifest.webmanifest", manifest.manifest, name="manifest"),
    path("offline/", offline.offline, name="offline"),
    path("service-worker.js", offline.service_worker, name="service-worker"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
]

handler400 = "conversations.views.errors.bad_request"
handler403 = "conversations.views.errors.forbidden"
handler404 = "conversations.views.errors.not_found"
handler429 = "conversations.views.errors.too_many_tries"  # allauth asks for it
handler500 = "conversations.views.errors.server_error"

"""People: Django's own pages, of which no address asks for more than they show; of their second factors none."""

from typing import Any

import allauth.mfa.admin  # noqa: F401 - it registers what is taken out below
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect

from conversations.models import LegalHold, person

NAMED = 50  # holds

admin.site.unregister([User, Authenticator])  # whose page shows the key


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is under a legal hold is named among what keeps them from being deleted."""
        *others, protected = super().get_deleted_objects(objs, request)
        return *others, [*protected, *map(str, LegalHold.objects.on_people(objs)[:NAMED])]

    @method_decorator(csrf_protect)
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Django's, in no transaction: that would hold SQLite's lock while chat after chat is removed."""
        return self._delete_view(request, object_id, extra_context)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        person.delete(User.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[User]") -> None:
        person.delete(queryset)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """What the filters ask. Django also allows the key of each table that belongs to a person; where that key is
        the person again, as with their preferences, it goes on to passwords and to the secrets of second factors."""
        name, *_others = lookup.split(LOOKUP_SEP)
        return name in self.list_filter and super().lookup_allowed(lookup, value, request)

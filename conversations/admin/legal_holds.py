"""Legal holds in Django admin: placed and released for a reason, each recorded, and never removed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from conversations.admin.accounts import Account
from conversations.admin.lists import Filter
from conversations.admin.reading import ReadOnlyAdmin, address
from conversations.admin.reasons import RecordedForm
from conversations.models import Conversation, LegalHold
from conversations.text import storable
from conversations.views import requests

PLACED = ["subject", "placed_by", "placed_at", "placed_for"]
RELEASED = ["released_by", "released_at", "released_for"]
WHY = ["category", "reason"]


class PlaceForm(RecordedForm, forms.ModelForm):  # type: ignore[type-arg]
    account = Account(label=_("Person"), help_text=_("The name of the account: all that is theirs is held."))
    uuid = forms.UUIDField(label=_("Conversation"), required=False, help_text=_("Or the id of one conversation."))

    class Meta:
        model = LegalHold
        fields: list[str] = []

    def clean_uuid(self) -> Conversation | None:
        uuid = self.cleaned_data["uuid"]
        conversation = Conversation.objects.filter(uuid=uuid).first()
        if uuid and conversation is None:
            raise forms.ValidationError(_("There is no conversation with this id."))
        return conversation

    def clean(self) -> None:
        super().clean()
        named = [self.cleaned_data.get(name) for name in ("account", "uuid")]
        if not self.errors and len([one for one in named if one]) != 1:
            raise forms.ValidationError(_("Name a person or a conversation, one of the two."))
        self.instance.person, self.instance.conversation = named


class ReleaseForm(RecordedForm, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = LegalHold
        fields: list[str] = []


class HoldFilter(Filter):
    title = _("state")
    parameter_name = "state"
    IN_FORCE, RELEASED = "in_force", "released"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(self.IN_FORCE, _("in force")), (self.RELEASED, _("released"))]

    def chosen(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(released_at__isnull=value == self.IN_FORCE)


@admin.register(LegalHold)
class LegalHoldAdmin(ReadOnlyAdmin):
    list_display = ["subject", "placed_at", "placed_by", "released_at", "released_by"]
    list_select_related = ["placed_by", "released_by"]
    list_filter = [HoldFilter]
    sortable_by = ["placed_at"]
    search_fields = ["subject__istartswith"]
    search_help_text = _("The beginning of a person’s name, or of a conversation’s id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To release it, which happens once."""
        return (obj is None or obj.is_in_force) and admin.ModelAdmin.has_change_permission(self, request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return admin.ModelAdmin.get_search_results(self, request, queryset, storable(search_term))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=ReleaseForm if obj else PlaceForm, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["account", "uuid", *WHY]})]
        ending = [(_("Release"), {"fields": WHY})] if self.has_change_permission(request, obj) else []
        return [(None, {"fields": [*PLACED, *([] if obj.is_in_force else RELEASED)]}), *ending]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*PLACED, *RELEASED] if obj else []

    def save_model(self, request: HttpRequest, obj: LegalHold, form: Any, change: bool) -> None:
        act = obj.release if change else obj.place
        act(by=requests.person(request), reason=form.said, address=address(request))

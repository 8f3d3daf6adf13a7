"""Site settings in Django admin: each change needs a reason, which is recorded."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from conversations import refusals
from conversations.admin.reading import address
from conversations.admin.reasons import RecordedForm
from conversations.models import SiteSetting
from conversations.views import requests


class SiteSettingForm(RecordedForm, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SiteSetting
        fields = ["value"]
        help_texts = {"value": _("Blank: as the site’s environment says. No value may be larger than that.")}

    def clean_value(self) -> int | None:
        value: int | None = self.cleaned_data["value"]
        if value is not None and value > self.instance.widest:
            raise forms.ValidationError(refusals.TooWide(self.instance.widest).sentence)
        return value


@admin.register(SiteSetting)
class SiteSettingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    form = SiteSettingForm
    list_display = ["__str__", "in_force", "widest", "changed_at"]
    fields = ["value", "category", "reason"]
    view_on_site = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("in force"))
    def in_force(self, setting: SiteSetting) -> int:
        return setting.in_force

    @admin.display(description=_("at most, by the environment"))
    def widest(self, setting: SiteSetting) -> int:
        return setting.widest

    def save_model(self, request: HttpRequest, obj: SiteSetting, form: Any, change: bool) -> None:
        obj.change(obj.value, by=requests.person(request), reason=form.said, address=address(request))

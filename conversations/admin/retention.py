"""Retention in Django admin: the rules, each change for a reason, and what would go by them, without a word of it."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from conversations import refusals
from conversations.admin.accounts import Account
from conversations.admin.reading import ReadOnlyAdmin, address
from conversations.admin.reasons import RecordedForm
from conversations.models import Conversation, RetentionRule, Scope, retention
from conversations.models.retention_rule import MOST_DAYS
from conversations.views import requests

LISTED = 100  # conversations that would go


class RuleForm(RecordedForm, forms.ModelForm):  # type: ignore[type-arg]
    """Where chats go by the rule that have not gone before, it is asked for once more."""

    days = forms.IntegerField(label=_("Delete after days"), min_value=1, max_value=MOST_DAYS)
    sure = forms.BooleanField(
        label=_("Delete them"), required=False, help_text=_("Asked for where chats go by this rule as it stands.")
    )

    class Meta:
        model = RetentionRule
        fields: list[str] = []

    def clean(self) -> None:
        super().clean()
        self.instance.days = self.cleaned_data.get("days") or self.instance.days
        if self.errors:
            return
        try:
            self.instance.refuse(self.cleaned_data["days"])
        except refusals.Invalid as refusal:
            self.add_error("days", str(refusal.sentence))
        else:
            self._ask_whether_sure()

    def _ask_whether_sure(self) -> None:
        if self.cleaned_data["days"] is None or self.cleaned_data["sure"]:
            return
        now = timezone.now()
        if number := Conversation.objects.expired(now, by=[self.instance]).count():
            told = ngettext(
                "%(number)d chat goes by this rule at the next run. Say that you are sure.",
                "%(number)d chats go by this rule at the next run. Say that you are sure.",
                number,
            )
            self.add_error("sure", told % {"number": number})


class NewRuleForm(RuleForm):
    members = forms.ModelChoiceField(
        label=_("Group"), queryset=Group.objects.order_by("name"), required=False, empty_label=_("everybody")
    )
    account = Account(label=_("Person"), help_text=_("The name of an account, for a rule for this person alone."))

    def clean(self) -> None:
        if not self.errors:
            self._aim()
        super().clean()

    def _aim(self) -> None:
        rule, group, person = self.instance, self.cleaned_data["members"], self.cleaned_data["account"]
        if group and person:
            raise forms.ValidationError(_("Name a group or a person, one of the two."))
        rule.group, rule.person = group, person
        rule.scope = Scope.GROUP if group else Scope.PERSON if person else Scope.SITE
        if RetentionRule.objects.filter(scope=rule.scope, group=group, person=person).exists():
            raise forms.ValidationError(_("There is a rule for this already. Change that one."))


class ChangedRuleForm(RuleForm):
    days = forms.IntegerField(
        label=_("Delete after days"),
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        help_text=_("Blank: this rule ends."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].initial = self.instance.days


@admin.register(RetentionRule)
class RetentionRuleAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "days", "changed_by", "changed_at"]
    list_select_related = ["group", "person", "changed_by"]
    sortable_by = ["days"]
    search_fields = []

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset, False  # there are few

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, form=ChangedRuleForm if obj else NewRuleForm, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        target = ["members", "account"] if obj is None else ["changed_by", "changed_at"]
        if obj is None or self.has_change_permission(request, obj):
            return [*target, "days", "sure", "category", "reason"]
        return [*target, "days"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["changed_by", "changed_at"] if obj else []

    def save_model(self, request: HttpRequest, obj: RetentionRule, form: Any, change: bool) -> None:
        days = form.cleaned_data["days"]
        obj.change(days, by=requests.person(request), reason=form.said, address=address(request))

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(require_safe(self.preview))
        return [path("preview/", preview, name="conversations_retentionrule_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponseBase:
        """What would go at this moment: numbers, and the ids of the oldest."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        reached = retention.by_rule(now)
        context = {
            **self.admin_site.each_context(request),
            "title": _("What would go"),
            "opts": self.opts,
            "reached": reached,
            "count": sum(each.count for each in reached),
            "oldest": retention.oldest_first(now)[:LISTED],
            "listed": LISTED,
            "environment": settings.CHAT_RETENTION_DAYS,
        }
        return TemplateResponse(request, "admin/conversations/retentionrule/preview.html", context)

"""People in the forms of Django admin, named by whoever may not list them."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from conversations.forms import Text


class Account(Text):
    """The name of an account; cleaned, it is the person. None where it is blank."""

    def __init__(self, **kwargs: Any) -> None:
        name = forms.TextInput({"dir": "auto", "autocomplete": "off"})
        super().__init__(max_length=150, most_bytes=600, required=False, widget=name, **kwargs)

    def clean(self, value: Any) -> Any:
        name = super().clean(value).strip()
        person = get_user_model().objects.filter(username=name).first()
        if name and person is None:
            raise forms.ValidationError(_("There is nobody of this name."))
        return person

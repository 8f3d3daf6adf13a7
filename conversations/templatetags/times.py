"""Moments, as they are written everywhere."""

from django import template

from conversations import times

register = template.Library()
register.filter("is_today", times.is_today)
register.filter("day", times.day)
register.filter("told", times.told)
register.filter("told_with_day", times.told_with_day)

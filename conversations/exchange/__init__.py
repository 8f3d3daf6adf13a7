"""Conversations as files: out of the site as JSON, Markdown, HTML, text and ZIP.

What is exported is made piece by piece, each by a synchronous step that holds no transaction.
"""

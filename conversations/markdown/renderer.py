"""HTML of the tokens that a chat shows in its own way."""

from collections.abc import Mapping, Sequence
from html import escape

from markdown_it.common.utils import mdTrim, unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from .formulas import CLOSERS, DISPLAYED
from .highlight import highlight, language_of
from .mathml import mathml
from .policy import FIXED_ATTRIBUTES, host_of

LONG = 30  # lines of code; the page shows the first 20 of more, until it is asked for all


class ChatRenderer(RendererHTML):
    """The library's renderer; its methods are named like the tokens they render."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        info = mdTrim(unescapeAll(tokens[idx].info))
        code = f"<pre>{_code(tokens[idx].content, info)}</pre>"
        caption = f"<figcaption>{escape(info)}</figcaption>" if info else ""
        name = "md-code md-long" if tokens[idx].content.count("\n") > LONG else "md-code"
        return f'<figure class="{name}">{caption}{code}</figure>\n'

    def formula(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        is_display = token.markup in DISPLAYED
        shown = mathml(token.content, is_display=is_display)
        name = "md-math" if is_display else "md-math-line"
        return f'<span class="{name}">{shown}</span>' if shown else _source(token)

    def formula_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        shown = mathml(tokens[idx].content, is_display=True)
        return f'<div class="md-math">{shown}</div>\n' if shown else f"<p>{_source(tokens[idx])}</p>\n"

    def renderInlineAsText(self, tokens: Sequence[Token] | None, options: OptionsDict, env: EnvType) -> str:  # noqa: N802
        known = [
            Token("text", "", 0, content=_written(token)) if token.type == "formula" else token
            for token in tokens or ()
        ]
        return super().renderInlineAsText(known, options, env)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        alt = escape(self.renderInlineAsText(token.children, options, env).strip() or "image")
        url = str(token.attrs["src"])
        host = host_of(url)
        if host is None:
            return alt
        # bdi: an alternative text that turns the direction of writing does not reach the host.
        named = f'{alt} <bdi class="md-host">({escape(host)})</bdi>'
        if token.meta["is_in_link"]:
            return named
        attributes = {"class": "md-image", "href": url, "title": token.attrs.get("title"), **FIXED_ATTRIBUTES["a"]}
        return f"<a{_attributes(attributes)}>{named}</a>"

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        if "checked" not in token.meta:
            return self.renderToken(tokens, idx, options, env)
        # Text in place of a checkbox: read aloud, copied along, and no form control comes from a message.
        name, mark = ("md-done", "☑") if token.meta["checked"] else ("md-open", "☐")
        return f'<li class="md-task"><span class="{name}">{mark}</span> '

    def bullet_list_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        tokens[idx].attrs.pop("class", None)  # contains-task-list; the items say it
        return self.renderToken(tokens, idx, options, env)

    ordered_list_open = bullet_list_open

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        attributes = _attributes({"class": "md-table", "dir": tokens[idx].attrs.pop("dir", None)})
        return f"<div{attributes}>" + self.renderToken(tokens, idx, options, env)

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"


def _source(token: Token) -> str:
    return f'<code class="md-math">{escape(_written(token))}</code>'


def _written(token: Token) -> str:
    return token.markup + token.content + CLOSERS[token.markup]


def _code(code: str, info: str) -> str:
    language = language_of(info)
    if language is None:
        return f"<code>{escape(code)}</code>"
    return f'<code class="language-{language}">{highlight(code, language=language)}</code>'


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(f' {name}="{escape(str(value))}"' for name, value in values.items() if value)

"""How templates are loaded: as Django does, and then what a template says by itself is put together, and what it
includes is put where it stands. A page of a long chat filled in some 2,000 places, most of them such: two thirds of its
time went by on them, of which this takes a half."""

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from itertools import groupby
from typing import Any

from django.template import Template, TemplateDoesNotExist
from django.template.base import FilterExpression, Node, NodeList, Origin, TextNode, VariableNode
from django.template.defaulttags import CommentNode, CsrfTokenNode, ForNode, IfNode, LoadNode, URLNode, WithNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import base, cached
from django.templatetags.i18n import BlockTranslateNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from conversations.templatetags.icons import Icon
from conversations.templatetags.sentences import Sentence

SAYS_NOTHING = (CommentNode, LoadNode)
_opening: ContextVar[frozenset[str]] = ContextVar("opening", default=frozenset())  # names of what is put in its place


class Flattening(base.Loader):
    """Where errors are shown with their line (DEBUG), templates stay as they are written."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        template = super().get_template(template_name, skip)
        if not template.engine.debug:
            template.nodelist = flat(template.nodelist, template)
        return template


class Loader(cached.Loader, Flattening):
    """Reads each template once: Django's cached loader asks the next class in order for one that it does not know."""


class Said(Node):
    """Nodes that say the same each time, put together once for each language."""

    child_nodelists = ()

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = nodes
        self._said: dict[tuple[str | None, str], SafeString] = {}

    def render(self, context: Any) -> SafeString:
        spoken = get_language(), get_script_prefix()  # addresses begin with it
        said = self._said.get(spoken)
        if said is None:
            said = self._said[spoken] = mark_safe("".join(node.render(context) for node in self._nodes))  # noqa: S308 - each is
        return said


# Of an included template these alone are put where it stands: what they keep under a name ends with them.
SELF_CONTAINED = (
    *(TextNode, Said, Sentence, Icon, VariableNode, BlockTranslateNode, URLNode, CsrfTokenNode),
    *(IfNode, ForNode, WithNode, IncludeNode),
)


def flat(nodes: NodeList, template: Template) -> NodeList:
    """The same in fewer nodes."""
    said = groupby(_spread(nodes, template), key=_is_constant)
    return NodeList(node for is_constant, group in said for node in (_together(*group) if is_constant else group))


def _together(*nodes: Node) -> list[Node]:
    texts = [node.s for node in nodes if isinstance(node, TextNode)]
    return [TextNode("".join(texts)) if len(texts) == len(nodes) else Said(nodes)]


def _spread(nodes: Iterable[Node], template: Template) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, IncludeNode):
            yield from _included(node, template)
        elif not isinstance(node, SAYS_NOTHING):
            _flatten_inside(node, template)
            yield node


def _flatten_inside(node: Node, template: Template) -> None:
    if isinstance(node, IfNode):
        branches = node.conditions_nodelists
        node.conditions_nodelists = [(condition, flat(nodes, template)) for condition, nodes in branches]
        return
    for name in node.child_nodelists:
        if nodes := getattr(node, name, None):
            setattr(node, name, flat(nodes, template))


def _included(node: IncludeNode, template: Template) -> Iterable[Node]:
    name = _literal(node.template)
    if name is None or node.isolated_context:
        return [node]
    if name in _opening.get():  # it includes itself, to a depth that is known only when it is rendered
        return [node]
    outer = _opening.set(_opening.get() | {name})
    try:
        nodes = template.engine.get_template(name).nodelist
    except TemplateDoesNotExist:  # which is told where it is asked for
        return [node]
    finally:
        _opening.reset(outer)
    if not all(_is_self_contained(each) for each in nodes.get_nodes_by_type(Node)):
        return [node]
    return [WithNode(None, None, nodes, node.extra_context)] if node.extra_context else nodes


def _is_self_contained(node: Node) -> bool:
    if isinstance(node, VariableNode) and str(node.filter_expression.var).startswith("block."):
        return False  # it is the block's around it
    return isinstance(node, SELF_CONTAINED) and getattr(node, "asvar", None) is None


def _is_constant(node: Node) -> bool:
    if isinstance(node, URLNode):
        name = _literal(node.view_name)
        is_plain = name is not None and ":" not in name  # the view may say which of a namespace's it means
        return is_plain and not (node.args or node.kwargs or node.asvar)
    return isinstance(node, TextNode | Said) or (isinstance(node, Sentence) and node.asvar is None)


def _literal(expression: FilterExpression) -> str | None:
    """The text in quotes that the expression is, None where it is more than that."""
    return expression.var if isinstance(expression.var, str) and not expression.filters else None

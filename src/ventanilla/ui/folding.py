"""Templates kept once for each language, with everything already written that the language alone decides.

Two thirds of what a page's templates do is to translate the same words and to draw the same icons again. Both are
known as soon as the language is, as are addresses without a part that differs: they become plain text when a template
is read, and neighboring texts become one. What remains takes fewer steps (`quick.py`).
"""

from collections.abc import Iterable

from django.template import Context, Node
from django.template.base import FilterExpression, NodeList, Origin, Template, TextNode, Variable
from django.template.defaulttags import CommentNode, IfNode, LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loaders import cached
from django.templatetags.i18n import LanguageNode, TranslateNode
from django.templatetags.static import StaticNode

from ventanilla.installation.terms import spoken
from ventanilla.ui.quick import hasten
from ventanilla.ui.templatetags.ui import icon, mark, status_glyph

# Tags that follow from their arguments and the language alone.
_PURE_TAGS = (icon, mark, status_glyph)
_SILENT = (CommentNode, LoadNode)


class Loader(cached.Loader):
    """Django's caching loader, one cache for each language and choice of words, its templates folded."""

    def cache_key(self, template_name: str, skip: list[Origin] | None = None) -> str:
        """The name of a template in the language at hand."""
        return f"{spoken()} {super().cache_key(template_name, skip)}"

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        """The template, folded for the language at hand."""
        known = self.cache_key(template_name, skip) in self.get_template_cache
        template: Template = super().get_template(template_name, skip)
        if not known:
            fold(template.nodelist)
        return template


def fold(nodes: NodeList) -> None:
    """Replace, in place, what the language at hand decides by text. What stands in `{% language %}` stays as it is."""
    folded: list[Node] = []
    for node in nodes:
        if isinstance(node, _SILENT):
            continue
        for inner in _inside(node):
            fold(inner)
        made = _as_text(node) if _settled(node) else hasten(node)
        last = folded[-1] if folded else None
        if isinstance(made, TextNode) and isinstance(last, TextNode):
            folded[-1] = _text(last.s + made.s, last)
        else:
            folded.append(made)
    nodes[:] = folded


def _inside(node: Node) -> Iterable[NodeList]:
    if isinstance(node, LanguageNode):
        return
    if isinstance(node, IfNode):
        yield from (nodes for _condition, nodes in node.conditions_nodelists)
        return
    for name in node.child_nodelists:
        nodes = getattr(node, name, None)
        if isinstance(nodes, NodeList):
            yield nodes


def _settled(node: Node) -> bool:
    """Whether the node gives the same text in every context of one language."""
    if isinstance(node, TranslateNode):
        parts = [node.filter_expression, *([node.message_context] if node.message_context else [])]
        return node.asvar is None and all(_constant(part) for part in parts)
    if isinstance(node, SimpleNode):
        parts = [*node.args, *node.kwargs.values()]
        return node.func in _PURE_TAGS and node.target_var is None and all(_constant(part) for part in parts)
    if isinstance(node, StaticNode):
        return node.varname is None and _constant(node.path)
    if isinstance(node, URLNode):
        return node.asvar is None and not node.args and not node.kwargs and _constant(node.view_name)
    return False


def _constant(expression: FilterExpression) -> bool:
    var = expression.var
    return not expression.filters and (not isinstance(var, Variable) or var.lookups is None)


def _as_text(node: Node) -> TextNode:
    return _text(node.render(Context()), node)


def _text(text: str, where: Node) -> TextNode:
    made = TextNode(text)
    made.token, made.origin = where.token, where.origin
    return made

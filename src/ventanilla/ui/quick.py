"""The steps that templates take most often, in fewer calls of Python: values, their attributes, and includes.

A page looks at some seven hundred values. Django asks of each whether it may be a method, a list, a translation or a
moment; nearly all are plain: an entry of the context, an attribute, a text. Those are recognized here, and whatever
else comes is left to Django. `folding.py` puts these in the place of Django's own when a template is read.
"""

from collections.abc import Iterator
from html import escape
from typing import Any

from django.template import Context
from django.template.base import FilterExpression, Variable, VariableNode, render_value_in_context
from django.template.loader_tags import IncludeNode
from django.template.smartif import TokenBase
from django.utils.safestring import SafeString


def hasten(node: Any) -> Any:
    """The same node, its values read in fewer steps; a value that is shown, and an include whose name is known, are
    replaced by nodes of this module."""
    for expression in _expressions(list(vars(node).values())):
        if type(expression.var) is Variable and expression.var.lookups and not expression.var.translate:
            expression.var = _Value(expression.var)
    if type(node) is VariableNode:
        return _like(_Shown(node.filter_expression), node)
    if type(node) is IncludeNode and _name(node.template):
        return _like(
            _Included(node.template, extra_context=node.extra_context, isolated_context=node.isolated_context), node
        )
    return node


def _like(made: Any, node: Any) -> Any:
    made.token, made.origin = node.token, node.origin
    return made


def _expressions(found: Any) -> Iterator[FilterExpression]:
    """The expressions of a node, wherever its tag keeps them; those of nodes inside it are not looked for."""
    if isinstance(found, FilterExpression):
        yield found
    elif isinstance(found, TokenBase):
        yield from _expressions([found.first, found.second, getattr(found, "value", None)])
    elif isinstance(found, dict):
        yield from _expressions(list(found.values()))
    elif isinstance(found, list | tuple):
        for part in found:
            yield from _expressions(part)


def _name(expression: FilterExpression) -> str:
    """The name of an included template, where it is written out and means the same everywhere."""
    name = expression.var
    return name if isinstance(name, str) and not expression.filters and not name.startswith(".") else ""


class _Value(Variable):
    """A name of the context and attributes or keys below it."""

    __slots__ = ("first", "rest")

    def __init__(self, plain: Variable) -> None:
        super().__init__(plain.var)
        self.first, *self.rest = plain.lookups or ()

    def resolve(self, context: Any) -> Any:
        """What Django finds. Where something is missing, or to be called, Django itself is asked."""
        for names in reversed(context.dicts):
            if self.first in names:
                value = names[self.first]
                break
        else:
            return super().resolve(context)
        for bit in self.rest:
            kind = type(value)
            if kind is dict and bit in value:
                value = value[bit]
            elif hasattr(kind, "__getitem__") or callable(value) or not hasattr(value, bit):
                return super().resolve(context)
            else:
                value = getattr(value, bit)
        return super().resolve(context) if callable(value) else value


class _Shown(VariableNode):
    """`{{ value }}`: a text is escaped unless it is safe."""

    def render(self, context: Context) -> str:
        """What Django shows."""
        try:
            value = self.filter_expression.resolve(context)
        except UnicodeDecodeError:
            return ""
        if type(value) is SafeString:
            return value
        if type(value) is str and context.autoescape:
            return escape(value)
        return render_value_in_context(value, context)


class _Included(IncludeNode):
    """`{% include "name" %}`: the template is looked up once."""

    _found: Any = None

    def render(self, context: Context) -> Any:
        """The included template's text."""
        if self._found is None:
            engine: Any = context.template and context.template.engine
            self._found = engine.select_template([_name(self.template)])
        values = {name: value.resolve(context) for name, value in self.extra_context.items()}
        if self.isolated_context:
            return self._found.render(context.new(values))
        with context.push(**values):
            return self._found.render(context)

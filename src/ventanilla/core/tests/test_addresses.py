"""Remembered addresses are those that Django finds."""

import pytest
from django import urls
from django.urls import NoReverseMatch

from ventanilla.core.addresses import reverse

ARGUMENTS = (7, 0, -1, "INC-12", "a_b", "007", "", "ñandú", "a b", "a/b", "x%2Fy", "..", "1" * 40, True)


def _django(name: str, args: list[object]) -> str:
    try:
        return urls.reverse(name, args=args)
    except NoReverseMatch:
        return "no such way"


def _ours(name: str, args: list[object]) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return "no such way"


def test_every_name_leads_where_django_says() -> None:
    names = sorted({name for name in urls.get_resolver().reverse_dict if isinstance(name, str)})
    assert len(names) > 100
    for name in names:
        for args in ([], *([argument] for argument in ARGUMENTS), [3, "INC-1"], ["a", 4], ["a", "b"], [1, 2, 3]):
            assert _ours(name, list(args)) == _django(name, list(args)), (name, args)


def test_under_a_prefix() -> None:
    urls.set_script_prefix("/help/")
    try:
        assert reverse("desk-ticket", args=["INC-7"]) == urls.reverse("desk-ticket", args=["INC-7"])
        assert reverse("desk").startswith("/help/")
    finally:
        urls.clear_script_prefix()


def test_an_unknown_name() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("no-such-view")

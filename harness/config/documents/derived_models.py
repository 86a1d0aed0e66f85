"""Validation models derived from settings: what a dataclass declares is all there is to say.

`model_of` makes the model of a dataclass from its fields that are declared with
`harness.core.declarations.setting`: types, bounds and descriptions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BeforeValidator, Discriminator, Field, Tag, create_model
from pydantic.fields import FieldInfo

from harness.config.documents.written_forms import ABSENT, FORMS, SHORT_FORMS, Arguments, Model, key
from harness.config.documents.written_values import to_whole
from harness.core.declarations import CostMultiple, Declaration, declaration_of, settings_of
from harness.core.identity import canonical, default_of
from harness.core.search_settings import Component

ALTERNATIVES: Final = ("<value>", "<rule>")
"""What a validator calls the forms of a value that may be a mapping, in the paths of its errors."""


@cache
def model_of(kind: type) -> type[Model]:
    """The validation model of a dataclass, with its name, docstring and settings."""
    base = SHORT_FORMS.get(kind, Model)
    fields: dict[str, Any] = properties_of(kind)
    return create_model(kind.__name__, __base__=base, __doc__=kind.__doc__, **fields)


def properties_of(kind: type, *, without: type | None = None) -> dict[str, tuple[Any, FieldInfo]]:
    """Type and description of every setting of a dataclass, as `create_model` takes them.

    Args:
        without: One that it inherits from, whose settings are left out.
    """
    hints = get_type_hints(kind, include_extras=True)
    exceptions = {field.name for field in settings_of(without)} if without else set()
    return {
        field.name: _property(hints[field.name], field)
        for field in settings_of(kind)
        if field.name not in exceptions
    }


def _property(hint: object, field: dataclasses.Field[object]) -> tuple[object, FieldInfo]:
    declaration = declaration_of(field)
    if declaration is None:
        raise TypeError(f"`{field.name}` is no setting")
    is_required = default_of(field) is dataclasses.MISSING and not declaration.unset
    info = key(
        declaration.description,
        unset=declaration.unset or _default_words(hint, field),
        default=... if is_required else ABSENT,
    )
    return _form(hint, declaration), info


def _form(hint: Any, declaration: Declaration) -> Any:
    """The type by which a value is validated."""
    if hint in FORMS:
        return FORMS[hint]
    if get_origin(hint) in {Union, UnionType}:
        return _union_form(get_args(hint), declaration)
    if get_origin(hint) is tuple:
        return list[_form(get_args(hint)[0], declaration)]  # type: ignore[misc]  # computed
    if isinstance(get_origin(hint), type) and issubclass(get_origin(hint), Mapping):
        return Arguments
    if dataclasses.is_dataclass(hint):
        return model_of(hint)  # type: ignore[arg-type]  # a class, not an instance of one
    return _with_bounds(hint, declaration)


def _union_form(members: tuple[object, ...], declaration: Declaration) -> object:
    scalars = [each for each in members if each is not NoneType and not _is_mapping(each)]
    mappings = [_form(each, declaration) for each in members if _is_mapping(each)]
    form = _form(Union[tuple(scalars)], declaration) if scalars else mappings[0]  # noqa: UP007
    if scalars and mappings:
        value, rule = ALTERNATIVES
        form = Annotated[
            Annotated[form, Tag(value)] | Annotated[mappings[0], Tag(rule)],
            Discriminator(lambda item: ALTERNATIVES[isinstance(item, dict | Model)]),
        ]
    return form | None if NoneType in members else form


def _is_mapping(hint: object) -> bool:
    return dataclasses.is_dataclass(hint)


def _with_bounds(hint: object, declaration: Declaration) -> object:
    if declaration.options:
        return Literal[declaration.options]
    bounds = Field(ge=declaration.at_least, gt=declaration.above, le=declaration.at_most)
    if hint is int:
        return Annotated[int, bounds, BeforeValidator(to_whole)]
    return Annotated[float, bounds] if hint is float else hint


def plain_default(hint: object, value: object) -> Any:
    """A default as plain data in the form in which a matrix writes it."""
    if hint == CostMultiple | None and value is None:
        return False
    if isinstance(value, Component):
        return {"name": value.name, **value.options}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value), include_extras=True)
        return {
            each.name: plain_default(hints[each.name], getattr(value, each.name))
            for each in settings_of(type(value))
        }
    return canonical(value, everything=True)


def _default_words(hint: object, field: dataclasses.Field[object]) -> str:
    default = default_of(field)
    if default is dataclasses.MISSING:
        return "required"
    if isinstance(default, Component):
        return f"`{default.name}`"
    if dataclasses.is_dataclass(default):
        return "below"
    value = plain_default(hint, default)
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"`[{', '.join(map(str, value))}]`"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"

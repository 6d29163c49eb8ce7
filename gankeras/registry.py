"""Families of named parts: a loss, a regularizer or an augmentation can be given by name, by config or as an object."""

import difflib
from collections.abc import Callable
from typing import Any

import keras


class Registry:
    """The members of one family, by name.

    Args:
        kind: What a member is, in words, for error messages ("loss").

    Example:
        >>> shapes = gankeras.registry.Registry("shape")
        >>> @shapes.register("square")
        ... class RegistryDocSquare(keras.layers.Layer):
        ...     pass
        >>> shapes.names()
        ['square']
    """

    def __init__(self, kind: str):
        self.kind = kind
        self._members: dict[str, type] = {}

    def register(self, name: str) -> Callable[[type], type]:
        """Class decorator: adds a member and makes it known to Keras' saving under `gankeras>ClassName`."""

        def decorate(member: type) -> type:
            if name in self._members:
                raise ValueError(
                    f"Two members of the {self.kind} registry share a name; names must be unique. Rename one. Received: {name!r}."
                )
            self._members[name] = keras.saving.register_keras_serializable("gankeras")(member)
            member.registered_as = name
            return member

        return decorate

    def names(self) -> list[str]:
        """The names of all members, sorted."""
        return sorted(self._members)

    def get(self, identifier: Any) -> Any:
        """A member from its name, its config dict, or itself.

        Raises:
            ValueError: If no member bears the name, or it is neither a name nor an object.
        """
        if isinstance(identifier, str):
            if identifier in self._members:
                return self._members[identifier]()
            near = difflib.get_close_matches(identifier, self.names(), n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"Unknown {self.kind} name. {hint}Expected one of {self.names()}, or an object of your own. "
                f"Received: {identifier!r}."
            )
        if isinstance(identifier, dict):
            return keras.saving.deserialize_keras_object(identifier)
        if isinstance(identifier, type):
            raise ValueError(
                f"Expected a {self.kind} object, not its class: add parentheses, `{identifier.__name__}()`. "
                f"Received: {identifier!r}."
            )
        if identifier is None or isinstance(identifier, int | float | list | tuple):
            raise ValueError(
                f"Expected a {self.kind}: one of the names {self.names()}, or an object of your own. "
                f"Received: {identifier!r}."
            )
        return identifier

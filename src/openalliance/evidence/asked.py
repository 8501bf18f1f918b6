"""What is asked of a file of effects: kept, and told as a command and as a script."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from openalliance.core.errors import InputError

if TYPE_CHECKING:
    from openalliance.evidence.found import Found
    from openalliance.files.frame import Frame

_BY_NAME = ("effect", "variance", "se", "r", "study")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Columns and model of a meta-analysis, as `evidence.fit` takes them.

    Parameters
    ----------
    columns
        The column of each thing, such as ``{"effect": "yi", "variance": "vi", "study": "id"}``.
    transform, measure, moderators, model, method, test, robust
        As for `evidence.fit`; nothing where the usual is meant.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    transform: str = "zcor"
    measure: str = "OR"
    moderators: str = ""
    model: str | None = None
    method: str = "REML"
    test: str = "z"
    robust: str | None = None

    def kept(self) -> dict[str, Any]:
        """Return it as JSON keeps it; `Asked(**kept)` is the same again."""
        return asdict(self)

    def arguments(self) -> dict[str, Any]:
        """Return what `evidence.fit` is given beside the table."""
        pairs = self.columns.items()
        named = {thing: name for thing, name in pairs if thing in _BY_NAME}
        groups = {thing: name for thing, name in pairs if thing not in _BY_NAME}
        if "r" in named and "n" in groups:
            named["n"] = groups.pop("n")
        given: dict[str, Any] = named | ({"groups": groups} if groups else {})
        usual = Asked()
        for name, argument in (
            ("transform", "transform"), ("measure", "measure"), ("moderators", "moderators"),
            ("model", "model"), ("method", "method"), ("test", "test"),
            ("robust", "robust_errors"),
        ):  # fmt: skip
            if getattr(self, name) != getattr(usual, name):
                given[argument] = getattr(self, name)
        return given

    def of(self, frame: Frame) -> Found:
        """Fit it.

        Raises
        ------
        InputError
            A column, a cell or the model cannot be used.
        """
        from openalliance.evidence.fitting import fit  # scipy: only once something is fitted

        if not any(thing != "study" for thing in self.columns):
            raise InputError("no column of effects is named", where="columns")
        return fit(frame, **self.arguments())

    def command(self, file: str) -> str:
        """Return the command line that gives the same numbers."""
        words = ["openalliance", "meta", file]
        for thing, name in self.columns.items():
            words += [f"--{thing}", name]
        usual = Asked()
        for name in ("transform", "measure", "moderators", "model", "method", "test", "robust"):
            value = getattr(self, name)
            if value != getattr(usual, name):
                words += [f"--{name}", str(value)]
        return shlex.join(words)

    def script(self, file: str) -> str:
        """Return a Python script that gives the same numbers."""
        given = "".join(f"    {name}={value!r},\n" for name, value in self.arguments().items())
        return (
            '"""A meta-analysis that can be repeated. Needs the package openalliance."""\n\n'
            "from openalliance import evidence\n\n"
            f"found = evidence.fit(\n    {file!r},\n{given})\n"
            "print(found.summary())\n"
            "print(found.frame())\n"
            "print(found.model_frame())\n"
            'found.plot("forest").save("forest.svg")\n'
            'found.plot("funnel").save("funnel.svg")\n'
        )

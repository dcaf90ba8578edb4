"""What every part of a scenario is: a frozen record that refuses unknown keys."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator


class Section(BaseModel):
    """A frozen part of a scenario; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def keeps_the_rules_of_its_reader(self, info: ValidationInfo) -> Self:
        """Hand the section to ``context["check"]``, where the reader has rules to ask."""
        if info.context is not None:
            info.context["check"](self)
        return self

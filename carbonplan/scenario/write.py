"""A resolved scenario as YAML: every value as the plan sees it, defaults included."""

from __future__ import annotations

import io

from ruamel.yaml import YAML

from carbonplan.scenario.loaded import LoadedScenario


def resolved_text(loaded: LoadedScenario) -> str:
    """YAML that reads as the same scenario, without ``extends``, variants and overrides.

    The units are those of the field names; what is absent has no value and no default.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    text = io.StringIO()
    yaml.dump(loaded.scenario.model_dump(mode="json", exclude_none=True), text)
    return text.getvalue()

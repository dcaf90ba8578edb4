"""Two scenarios path by path."""

from carbonplan.difference.values import flat_changes, scenario_changes


def changed(old, new):
    """Path, old, new and unit of what differs."""
    return [(one.path, one.old, one.new, one.unit) for one in scenario_changes(old, new)]


def test_items_meet_by_name_whatever_their_order():
    old = {"workloads": [{"name": "chat", "ttft_s": 0.5}, {"name": "code", "ttft_s": 1.0}]}
    new = {"workloads": [{"name": "code", "ttft_s": 1.0}, {"name": "chat", "ttft_s": 0.65}]}
    assert changed(old, new) == [("workloads[chat].ttft_s", 0.5, 0.65, "s")]


def test_an_item_that_only_one_side_has_is_one_change():
    site = {"region": "north", "power_limit_kw": 100.0}
    assert changed({"regions": [site]}, {"regions": []}) == [("regions[north]", site, None, "")]
    assert changed({}, {"regions": [site]}) == [("regions[north]", None, site, "")]


def test_items_told_apart_by_several_fields_and_by_none():
    old = {"fleet": {"existing": [{"sku": "t4-1", "region": "north", "servers": 2}]}}
    new = {"fleet": {"existing": [{"sku": "t4-1", "region": "north", "servers": 3}]}}
    assert changed(old, new) == [("fleet.existing[t4-1, north].servers", 2, 3, "")]
    assert changed({"things": [{"a": 1}, {"a": 2}]}, {"things": [{"a": 1}, {"a": 3}]}) == [
        ("things[1].a", 2, 3, "")
    ]


def test_a_bound_has_the_unit_of_its_impact():
    old = {"bounds": [{"impact": "water", "at_most": 5.0}]}
    new = {"bounds": [{"impact": "water", "at_most": 6.0}]}
    assert changed(old, new) == [("bounds[water].at_most", 5.0, 6.0, "L")]


def test_lists_of_values_change_as_a_whole_and_sections_come_and_go():
    assert changed({"skus": ["a", "b"]}, {"skus": ["a"]}) == [("skus", ["a", "b"], ["a"], "")]
    assert changed({"a": {"b": 1}}, {}) == [("a", {"b": 1}, None, "")]
    assert changed({"a": 1}, {"a": 1}) == []


def test_names_that_a_terminal_would_act_on_are_spelled_out():
    (one,) = scenario_changes({}, {"regions": [{"region": "n\x1b[31m"}]})
    assert one.path == "regions[n\\x1b[31m]"


def test_entries_of_flat_mappings():
    found = flat_changes({"a": 1, "b": 2}, {"b": 3, "c": 4})
    assert [(one.path, one.old, one.new) for one in found] == [
        ("b", 2, 3),
        ("c", None, 4),
        ("a", 1, None),
    ]

"""A check as a JUnit file: a test for each impact, as continuous integration shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from carbonplan.report.gate import headline, sentence
from carbonplan.report.wording import visible

if TYPE_CHECKING:
    from carbonplan.gate.check import Judged
    from carbonplan.gate.outcome import Outcome

SUITE = "carbonplan check"


def junit(outcome: Outcome) -> bytes:
    """A suite with a case for each impact: dearer is a failure, undecided is skipped.

    If the check is strict, what is undecided is a failure too.
    """
    cases = [_case(outcome, one) for one in outcome.judged]
    if outcome.violations or not cases:
        cases.append(_whole(outcome))
    return _file(cases)


def junit_error(subject: str, kind: str, message: str) -> bytes:
    """A suite with the one case of a check that came to no plan."""
    case = _named(subject, "plan")
    ElementTree.SubElement(case, "error", type=visible(kind), message=visible(message))
    return _file([case])


def _case(outcome: Outcome, one: Judged) -> ElementTree.Element:
    case = _named(outcome.key, one.impact)
    verdict, words = str(one.verdict), visible(sentence(one))
    if verdict == "dearer" or (verdict == "undecided" and outcome.strict):
        ElementTree.SubElement(case, "failure", type=verdict, message=words)
    elif verdict == "undecided":
        ElementTree.SubElement(case, "skipped", message=words)
    else:
        ElementTree.SubElement(case, "system-out").text = words
    return case


def _whole(outcome: Outcome) -> ElementTree.Element:
    case = _named(outcome.key, "plan")
    if outcome.violations:
        words = visible("; ".join(outcome.violations))
        ElementTree.SubElement(case, "failure", type="does not hold", message=words)
    else:
        ElementTree.SubElement(case, "system-out").text = visible(headline(outcome))
    return case


def _named(of: str, name: str) -> ElementTree.Element:
    names = {"classname": f"carbonplan.{visible(of)}", "name": visible(name), "time": "0"}
    return ElementTree.Element("testcase", names)


def _file(cases: list[ElementTree.Element]) -> bytes:
    kinds = ("failure", "error", "skipped")
    counts = {kind: sum(case.find(kind) is not None for case in cases) for kind in kinds}
    numbers = {
        "tests": str(len(cases)),
        "failures": str(counts["failure"]),
        "errors": str(counts["error"]),
        "time": "0",
    }
    suites = ElementTree.Element("testsuites", {"name": SUITE, **numbers})
    skipped = {"skipped": str(counts["skipped"])}
    suite = ElementTree.SubElement(suites, "testsuite", {"name": SUITE, **numbers, **skipped})
    suite.extend(cases)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True) + b"\n"

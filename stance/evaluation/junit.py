"""`junit.xml`: the verdict in the form that CI servers show beside a change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from stance.pages.clean import visible

JUNIT = "junit.xml"
SUITE = "stance evaluate"
# What XML 1.0 forbids, escaped or not: controls but tab and line ends, halves of surrogate pairs, U+FFFE and U+FFFF.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Mapping[str, Any]) -> str:
    """A test case for each check of the gate; without a gate a passed one with the figures.

    The elements and attributes are those that Jenkins and GitLab read: `testsuites`, `testsuite`, `testcase`, `failure`
    and `system-out`. It holds no time, so that two runs give the same file.
    """
    gate = report["gate"]
    cases = [_case(check) for check in gate["checks"]] if gate else [_figures(report)]
    failed = sum(not check["passed"] for check in gate["checks"]) if gate else 0
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": SUITE, **counts, "skipped": "0"})
    suite.append(_properties(report))
    suite.extend(cases)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _properties(report: Mapping[str, Any]) -> ElementTree.Element:
    found = ElementTree.Element("properties")
    for name in ("model_id", "rows_file", "rows_sha256", "n_rows", "n_documents"):
        ElementTree.SubElement(found, "property", {"name": name, "value": _clean(report[name])})
    return found


def _case(check: Mapping[str, Any]) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": SUITE, "name": _clean(check["name"])})
    told = f"found {check['found']}, wanted {check['wanted']}"
    if not check["passed"]:
        failure = ElementTree.SubElement(case, "failure", {"type": "gate", "message": _clean(told)})
        failure.text = _clean(check["detail"])
    else:
        ElementTree.SubElement(case, "system-out").text = _clean(f"{told}: {check['detail']}")
    return case


def _figures(report: Mapping[str, Any]) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": SUITE, "name": "figures"})
    lines = [_line(name, found) for name, found in report["overall"]["metrics"].items()]
    ElementTree.SubElement(case, "system-out").text = _clean("\n".join([f"{report['n_rows']} rows", *lines]))
    return case


def _line(name: str, figure: Mapping[str, Any]) -> str:
    bounds: Sequence[Any] = (figure["low"], figure["high"])
    return f"{name} {figure['value']}" + ("" if None in bounds else f" ({bounds[0]} to {bounds[1]})")


def _clean(value: object) -> str:
    """A value as text that any XML reader takes and no log viewer acts on."""
    return _FORBIDDEN.sub("\ufffd", visible(str(value)))

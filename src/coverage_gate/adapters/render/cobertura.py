"""What was measured as Cobertura's XML, as GitLab, Jenkins, Azure and editors read it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree as ET

from coverage_gate.adapters.render.printable import one_line
from coverage_gate.adapters.render.verdict_fields import measured_counts
from coverage_gate.core.linebits import lines_of
from coverage_gate.core.measurement import FileCoverage
from coverage_gate.core.rates import NO_COUNTS, Counts, percent_number
from coverage_gate.core.verdict import Verdict

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    "<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>\n"
)


def cobertura_text(verdict: Verdict) -> str:
    """The measured files, paths from the root of the repository; none where nothing was measured.

    It is what ran, as coverage.py counts it: what the gate judges otherwise is in the verdict.
    """
    known = verdict.measurement if measured_counts(verdict) else None
    files = () if known is None else known.files
    version = "" if known is None else known.provenance.coverage_version
    root = ET.Element("coverage", version=version, timestamp="0", complexity="0")
    _rates(root, files)
    for kind, counts in (("lines", _lines(files)), ("branches", _branches(files))):
        root.set(f"{kind}-covered", str(counts.covered))
        root.set(f"{kind}-valid", str(counts.total))
    ET.SubElement(ET.SubElement(root, "sources"), "source").text = "."
    packages = ET.SubElement(root, "packages")
    for folder, held in groupby(sorted(files, key=_place), key=_folder):
        packages.append(_package(folder, tuple(held)))
    ET.indent(root)
    return _HEAD + ET.tostring(root, encoding="unicode")


def _folder(file: FileCoverage) -> str:
    return posixpath.dirname(file.path)


def _place(file: FileCoverage) -> tuple[str, str]:
    return _folder(file), file.path


def _package(folder: str, files: tuple[FileCoverage, ...]) -> ET.Element:
    name = one_line(folder).replace("/", ".") or "."
    package = ET.Element("package", name=name, complexity="0")
    _rates(package, files)
    classes = ET.SubElement(package, "classes")
    for file in files:
        path = one_line(file.path)
        each = ET.SubElement(
            classes, "class", name=posixpath.basename(path), filename=path, complexity="0"
        )
        _rates(each, (file,))
        ET.SubElement(each, "methods")
        ET.SubElement(each, "lines").extend(_line_elements(file))
    return package


def _line_elements(file: FileCoverage) -> list[ET.Element]:
    arcs: dict[int, list[bool]] = {}
    taken = set(file.taken)
    for arc in file.branches:
        arcs.setdefault(arc[0], []).append(arc in taken)
    elements = []
    for line in lines_of(file.statements):
        element = ET.Element("line", number=str(line), hits=str(file.executed >> line & 1))
        if line in arcs:
            counts = Counts(covered=sum(arcs[line]), total=len(arcs[line]))
            share = 100 * counts.covered // counts.total
            element.set("branch", "true")
            element.set("condition-coverage", f"{share}% ({counts})")
        elements.append(element)
    return elements


def _rates(element: ET.Element, files: Iterable[FileCoverage]) -> None:
    held = tuple(files)
    element.set("line-rate", _rate(_lines(held)))
    element.set("branch-rate", _rate(_branches(held)))


def _rate(counts: Counts) -> str:
    # Of nothing everything ran: readers take this for a number.
    return "1" if counts.rate is None else f"{percent_number(counts.rate) / 100:.6g}"


def _lines(files: Iterable[FileCoverage]) -> Counts:
    each = (
        Counts(covered=file.executed.bit_count(), total=file.statements.bit_count())
        for file in files
    )
    return sum(each, start=NO_COUNTS)


def _branches(files: Iterable[FileCoverage]) -> Counts:
    each = (Counts(covered=len(file.taken), total=len(file.branches)) for file in files)
    return sum(each, start=NO_COUNTS)

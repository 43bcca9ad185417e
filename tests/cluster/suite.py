# SPDX-License-Identifier: Apache-2.0
"""What a file of tests needs: the decorator, and what a test is given."""

import dataclasses
from pathlib import Path

import cluster

TESTS = []


def test(function):
    """Tests run in the order of the files and lines; each makes objects and processes of its own."""
    TESTS.append(function)
    return function


@dataclasses.dataclass
class Lab:
    plane: cluster.ControlPlane
    work: Path
    long: bool

    @property
    def api(self):
        return self.plane.admin


def equal(what, found, wanted):
    if found != wanted:
        raise cluster.Failure(f"{what} is {found!r}, not {wanted!r}")

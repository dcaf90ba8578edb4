"""What tests of measurements share."""

import pytest

from carbonplan.catalogue.shipped import data_root
from carbonplan.technology.calibrate.names import NameBook, read_names


@pytest.fixture(scope="session")
def names() -> NameBook:
    return read_names(data_root())

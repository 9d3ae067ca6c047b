"""What a test needs from the machine. Where it is missing the test is skipped, with the line that installs it."""

import pytest

from tools.environment import FOR_TESTS, install_line


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not FOR_TESTS[package](), reason=f"needs {package}: sudo {install_line([package])}")

"""The language files say everything the site says, and are compiled from what is written."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    path = Path(__file__).parents[3] / "tools/messages.py"
    spec = importlib.util.spec_from_file_location("messages", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_sentence_is_translated_and_compiled(messages: ModuleType) -> None:
    found = [fault for language in messages.LANGUAGES for fault in messages.faults(language)]
    assert not found, "run python tools/messages.py and translate what is missing"


def test_the_sentences_of_templates_and_of_python_are_found(messages: ModuleType) -> None:
    said = messages.spoken()
    assert said.get("Skip to the content") is not None
    assert said.get("Reliable change index") is not None

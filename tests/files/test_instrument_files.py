"""Instrument files of a practice: read, kept whole, never two wordings under one version."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from openalliance.core.errors import ConflictError, InputError
from openalliance.core.instruments import Instrument, Texts, catalogue, to_document
from openalliance.fhir import read_questionnaire, to_questionnaire
from openalliance.files.instruments import LARGEST_BYTES, installed, read_instrument_file, store


def own(words: str = "Garden") -> Instrument:
    return replace(catalogue()["oa-exit"], key="garden", title=Texts({"en": words}))


def read(path: Path) -> Instrument:
    return read_instrument_file(path, catalogue(), read_questionnaire)


class TestStore:
    def test_what_is_stored_is_installed(self, tmp_path: Path) -> None:
        path = store(tmp_path / "new", own())
        assert installed(tmp_path / "new") == {"garden": own()}
        assert [entry.name for entry in path.parent.iterdir()] == ["garden.json"]

    def test_the_same_again_is_harmless(self, tmp_path: Path) -> None:
        assert store(tmp_path, own()) == store(tmp_path, own())

    def test_other_words_under_the_same_version_are_refused(self, tmp_path: Path) -> None:
        store(tmp_path, own())
        with pytest.raises(ConflictError, match="version 1"):
            store(tmp_path, own("Balcony"))
        assert installed(tmp_path) == {"garden": own()}
        store(tmp_path, own("Balcony"), replace=True)
        assert installed(tmp_path) == {"garden": own("Balcony")}

    def test_another_version_takes_its_place(self, tmp_path: Path) -> None:
        store(tmp_path, own())
        store(tmp_path, replace(own("Balcony"), version="2"))
        assert installed(tmp_path)["garden"].version == "2"

    def test_our_own_forms_cannot_be_reworded_silently(self, tmp_path: Path) -> None:
        with pytest.raises(ConflictError):
            store(tmp_path, replace(catalogue()["oa-exit"], title=Texts({"en": "x"})))

    def test_a_full_disk_leaves_the_old_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store(tmp_path, own())

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            store(tmp_path, replace(own(), version="2"))
        assert [entry.name for entry in tmp_path.iterdir()] == ["garden.json"]
        assert installed(tmp_path) == {"garden": own()}


class TestRead:
    def test_both_formats(self, tmp_path: Path) -> None:
        ours, theirs = tmp_path / "a.json", tmp_path / "b.json"
        ours.write_text(json.dumps(to_document(own())), encoding="utf-8")
        theirs.write_text(json.dumps(to_questionnaire(own())), encoding="utf-8")
        assert read(ours) == read(theirs) == own()

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"{", "not valid JSON: .* line 1"),
            (b"", "not valid JSON"),
            (b"\xff\xfe", "not UTF-8"),
            (b'{"a": 1, "a": 2}', "given twice"),
            (b'{"a": NaN}', "NaN is not a JSON number"),
            (b"[" * 100_000, "not valid JSON"),
            (b"{}", r"\$: is neither"),
            (b"[]", "JSON object"),
            (b'{"format": "x"}', r"\$\.format: must be"),
            (b" " * (LARGEST_BYTES + 1), "too large"),
        ],
    )
    def test_a_wrong_file_is_named(self, tmp_path: Path, content: bytes, reason: str) -> None:
        path = tmp_path / "wrong.json"
        path.write_bytes(content)
        with pytest.raises(InputError, match=reason) as caught:
            read(path)
        assert str(path) in str(caught.value)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="No such file"):
            read(tmp_path / "none.json")

    def test_a_folder_that_is_not_there_has_none(self, tmp_path: Path) -> None:
        assert installed(tmp_path / "none") == {}

    def test_a_broken_installed_file_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text("{}", encoding="utf-8")
        with pytest.raises(InputError, match=r"x\.json: \$\.format"):
            installed(tmp_path)

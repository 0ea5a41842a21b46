"""Secrets that must be read again are unreadable at rest, under keys that can follow each other."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet

from entrepot.infra.secrets import SecretBox, SecretsError, open_box
from entrepot.infra.settings import Settings

OLD, NEW = Fernet.generate_key(), Fernet.generate_key()


def settings_in(place: Path, keys: str | None = None) -> Settings:
    environ = {"ENTREPOT_DATA_DIR": str(place)}
    if keys is not None:
        environ["ENTREPOT_SECRET_KEYS"] = keys
    return Settings.from_environment(environ)


def test_what_is_sealed_opens_for_its_owner_alone() -> None:
    box = SecretBox([NEW])
    sealed = box.seal("whk_1", b"secret")
    assert b"secret" not in sealed
    assert box.open("whk_1", sealed) == b"secret"
    with pytest.raises(SecretsError, match="another"):
        box.open("whk_2", sealed)


def test_a_new_key_goes_before_the_old_one() -> None:
    sealed = SecretBox([OLD]).seal("a", b"secret")
    both = SecretBox([NEW, OLD])
    assert both.open("a", sealed) == b"secret"
    assert SecretBox([NEW]).open("a", both.seal("a", b"later")) == b"later"
    with pytest.raises(SecretsError, match="ENTREPOT_SECRET_KEYS"):
        SecretBox([NEW]).open("a", sealed)


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    sealed = open_box(settings_in(tmp_path)).seal("a", b"secret")
    file = tmp_path / "secret.keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    open_box.cache_clear()
    assert open_box(settings_in(tmp_path)).open("a", sealed) == b"secret"
    assert [each.name for each in tmp_path.iterdir()] == ["secret.keys"]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    open_box(settings)
    open_box.cache_clear()
    (tmp_path / "secret.keys").chmod(0o644)
    with pytest.raises(SecretsError, match="chmod 600"):
        open_box(settings)


def test_keys_of_the_setting_come_first(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, f"{NEW.decode()},{OLD.decode()}")
    sealed = SecretBox([OLD]).seal("a", b"secret")
    assert open_box(settings).open("a", sealed) == b"secret"
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretsError, match="no Fernet key"):
        open_box(settings_in(tmp_path, "hunter2"))
    assert msgspec.structs.replace(settings_in(tmp_path), port=1).secret_keys is None

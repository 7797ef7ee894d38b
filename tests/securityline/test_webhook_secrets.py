"""Secrets of webhooks: made once, changed with an overlap, never readable by others."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from securityline.__main__ import cli
from securityline.keys import KeyFileError
from securityline.webhook_secrets import FILE_NAME, WebhookSecrets


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["webhook", *words, "--data", str(folder)])
    return done.exit_code, done.stdout.strip()


def test_a_secret_is_printed_once_and_signs(tmp_path: Path) -> None:
    code, secret = run(tmp_path, "secret", "acme", "gate")
    assert (code, len(secret)) == (0, 64)
    assert WebhookSecrets(tmp_path).of("acme", "gate") == (secret.encode(),)
    assert WebhookSecrets(tmp_path).of("acme", "other") == ()
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_both_sign_until_the_old_one_is_retired(tmp_path: Path) -> None:
    _, first = run(tmp_path, "secret", "acme", "gate")
    _, second = run(tmp_path, "secret", "acme", "gate")
    kept = WebhookSecrets(tmp_path)
    assert kept.of("acme", "gate") == (second.encode(), first.encode())
    with pytest.raises(KeyFileError, match="retire"):
        kept.make("acme", "gate")
    assert run(tmp_path, "retire", "acme", "gate")[0] == 0
    assert kept.of("acme", "gate") == (second.encode(),)
    assert run(tmp_path, "retire", "acme", "gate")[0] == 1


def test_a_file_that_is_not_ours_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('{"acme/gate": 7}')
    with pytest.raises(KeyFileError, match="not a file of webhook secrets"):
        WebhookSecrets(tmp_path).of("acme", "gate")

"""cfn-lint, the real one, finds nothing to say."""

import subprocess
import sys
from pathlib import Path

from infra.template import PATH, ROOT


CFN_LINT = Path(sys.executable).with_name("cfn-lint")
PROBE = ROOT / "infra" / "probe.yaml"


def lint(path):
    """The exit code, and what it says."""
    done = subprocess.run([CFN_LINT, path], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_template_is_clean():
    assert lint(PATH) == (0, "")


def test_the_probes_template_is_clean():
    assert lint(PROBE) == (0, "")


def test_a_property_that_does_not_exist_is_found(tmp_path):
    doctored = tmp_path / "template.yaml"
    text = PATH.read_text()
    assert "SqsManagedSseEnabled" in text
    doctored.write_text(text.replace("SqsManagedSseEnabled", "SqsManagedEncryption", 1))
    code, said = lint(doctored)
    assert code != 0
    assert "'SqsManagedEncryption' was unexpected" in said

"""A lit format: one test for each setting of models/*/golden.npz. A golden file is all that a network's test needs."""
import os
import zipfile

import lit.formats
import lit.Test
import lit.util

DIGESTS = "digests/"


class Goldens(lit.formats.TestFormat):
    def getTestsInDirectory(self, suite, path_in_suite, lit_config, local_config):
        models = os.path.join(local_config.cnnc_source, "models")
        for network in sorted(os.listdir(models)):
            path = os.path.join(models, network, "golden.npz")
            if not os.path.exists(path):
                continue
            with zipfile.ZipFile(path) as archive:
                settings = [name[len(DIGESTS) : -len(".npy")] for name in archive.namelist() if name.startswith(DIGESTS)]
            for setting in settings:
                test = lit.Test.Test(suite, path_in_suite + (network, setting.replace(" ", ",")), local_config, file_path=path)
                test.setting = setting
                yield test

    def execute(self, test, lit_config):
        if "sanitized" in test.config.available_features:
            return lit.Test.UNSUPPORTED, "the networks are loaded into plain Python"
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden_test.py")
        command = [test.config.python, script, "--bin", os.path.join(test.config.cnnc_build, "bin"), test.file_path, test.setting]
        out, err, status = lit.util.executeCommand(command, env=test.config.environment)
        return (lit.Test.FAIL if status else lit.Test.PASS), out + err

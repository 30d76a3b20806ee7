"""A lit format: one test a page, README.md and the pages of docs/, whose examples must work."""
import os

import lit.formats
import lit.Test
import lit.util


class Pages(lit.formats.TestFormat):
    def getTestsInDirectory(self, suite, path_in_suite, lit_config, local_config):
        source = local_config.cnnc_source
        pages = ["README.md"] + [f"docs/{name}" for name in sorted(os.listdir(f"{source}/docs")) if name.endswith(".md")]
        for page in pages:
            yield lit.Test.Test(suite, path_in_suite + tuple(page.split("/")), local_config, file_path=os.path.join(source, page))

    def execute(self, test, lit_config):
        if "sanitized" in test.config.available_features:
            return lit.Test.UNSUPPORTED, "the examples load libraries into plain programs"
        command = [test.config.python, os.path.join(os.path.dirname(os.path.abspath(__file__)), "examples.py"), "--bin", os.path.join(test.config.cnnc_build, "bin"), "--llvm-bin", test.config.llvm_bin, test.file_path]
        out, err, status = lit.util.executeCommand(command, env=test.config.environment)
        return (lit.Test.FAIL if status else lit.Test.PASS), out + err

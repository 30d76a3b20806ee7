"""A lit format: one test a README of models/, whose examples must work."""
import os
import sys

import lit.Test

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "examples"))
import pages


class Readmes(pages.Pages):
    def getTestsInDirectory(self, suite, path_in_suite, lit_config, local_config):
        models = os.path.join(local_config.cnnc_source, "models")
        for network in sorted(os.listdir(models)):
            path = os.path.join(models, network, "README.md")
            if os.path.exists(path):
                yield lit.Test.Test(suite, path_in_suite + (network,), local_config, file_path=path)

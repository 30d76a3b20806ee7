"""The examples' runner itself: a page whose example is wrong must fail."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

RUNNER = pathlib.Path(__file__).parent / "examples" / "examples.py"


def run(page):
    """(passed, message) of a page."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "page.md"
        path.write_text(page)
        done = subprocess.run([sys.executable, RUNNER, "--bin", sys.argv[1], "--llvm-bin", sys.argv[2], path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode == 0, done.stdout


class Examples(unittest.TestCase):
    def passes(self, page):
        passed, message = run(page)
        self.assertTrue(passed, message)

    def fails(self, page, why):
        passed, message = run(page)
        self.assertFalse(passed, message)
        self.assertIn(why, message)

    def test_output(self):
        self.passes("```sh\n$ echo one two\none   two\n$ printf 'a\\nb\\nc\\n'\na\n...\n$ echo took 3.4 s\ntook ... s\n```\n")
        self.fails("text\n```sh\n$ echo one\ntwo\n```\n", "page.md:2: `echo one` should print")
        self.fails("```sh\n$ printf 'a\\nb\\n'\na\n```\n", "should print")
        self.fails("```sh\n$ true\nsomething\n```\n", "should print")

    def test_status(self):
        self.fails("```sh\n$ false\n```\n", "exit status 1")
        self.passes("```sh\n$ false; echo $?\n1\n```\n")

    def test_continued(self):
        self.passes("```sh\n$ echo one \\\n    two\none two\n```\n")
        self.fails("```sh\necho one\n```\n", "before the first command")

    def test_files(self):
        self.passes("```text file=a.txt\nhello\n```\n```sh\n$ cat a.txt\nhello\n```\n")

    def test_languages(self):
        self.passes("```json\n{}\n```\n```python\nassert 1 + 1 == 2\n```\n```c\nint main(void) { return 0; }\n```\n```cpp\nint f() { return [] { return 1; }(); }\n```\n```\nany text\n```\n")
        self.fails("```json\n{\n```\n", "is not JSON")
        self.fails("```python\nassert 1 + 1 == 3\n```\n", "AssertionError")
        self.fails("```c\nint main(void) { return x; }\n```\n", "undeclared")
        self.fails("```mlir\nfunc.func @f( {\n```\n", "exit status")
        self.fails("```rust\nfn main() {}\n```\n", "no way to test")

    def test_links(self):
        self.passes("[itself](page.md#part), [elsewhere](https://example.org/x)\n```\n[text](missing.md)\n```\n")
        self.fails("[gone](missing.md)\n", "links to missing.md")

    def test_not_run(self):
        self.passes("```sh no-run=takes an hour\n$ false\n```\n")
        self.fails("```sh no-run=\n$ false\n```\n", "needs a reason")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

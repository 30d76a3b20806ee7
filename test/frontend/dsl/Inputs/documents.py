"""The documents of the text notation: every snippet is a network in its standard form, the grammar is closed, the TextMate grammar classifies a sample."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

docs = pathlib.Path(sys.argv[1])
cnnc = sys.argv[2] if len(sys.argv) > 2 else "cnnc"


def snippets():
    return re.findall(r"^```cnn\n(.*?)^```$", (docs / "language.md").read_text(), re.S | re.M)


def check_snippets(folder):
    found = snippets()
    assert len(found) >= 7
    for i, text in enumerate(found):
        path = folder / f"snippet{i}.cnn"
        path.write_text(text)
        result = subprocess.run([cnnc, "check", str(path)], capture_output=True, text=True)
        assert result.returncode == 0 and not result.stderr, f"{text}\n{result.stderr}"
        converted = folder / f"snippet{i}.json"
        subprocess.run([cnnc, "convert", str(path), "-o", str(converted)], check=True)
        subprocess.run([cnnc, "check", str(converted)], check=True)
        subprocess.run([cnnc, "format", "--check", str(path)], check=True)
    print(f"{len(found)} snippets")


def check_grammar():
    text = re.search(r"^```ebnf\n(.*?)^```$", (docs / "grammar.md").read_text(), re.S | re.M).group(1)
    rules = {}
    for rule in text.split(" ;\n"):
        if rule.strip():
            name, body = rule.split("=", 1)
            assert name.strip() not in rules, f"{name.strip()} is defined twice"
            rules[name.strip()] = set(re.findall(r"[a-z_]+", re.sub(r"\"[^\"]*\"|'[^']*'", " ", body)))
    terminals = {"newline", "letter", "digit", "character"}
    used = set().union(*rules.values())
    assert used - set(rules) <= terminals, f"undefined: {sorted(used - set(rules) - terminals)}"
    assert set(rules) - used == {"file"}, f"unused: {sorted(set(rules) - used - {'file'})}"
    print("grammar closed")


def scopes(line, grammar):
    """The scope of each character: at every position the first pattern that matches wins."""
    flat = []
    for entry in grammar["patterns"]:
        rule = grammar["repository"][entry["include"].lstrip("#")]
        flat += rule.get("patterns", [rule])
    result, at = [""] * len(line), 0
    compiled = [(re.compile(rule["match"]), rule) for rule in flat]
    while at < len(line):
        matches = [(match.start(), order, match, rule) for order, (pattern, rule) in enumerate(compiled) if (match := pattern.search(line, at)) and match.end() > at]
        if not matches:
            break
        _, _, match, rule = min(matches, key=lambda entry: entry[:2])
        for i in range(match.start(), match.end()):
            result[i] = rule.get("name", "")
        for group, capture in rule.get("captures", {}).items():
            for i in range(*match.span(int(group))):
                result[i] = capture["name"]
        at = match.end()
    return result


SAMPLE = [
    ("# a comment", {"a comment": "comment"}),
    ('import "../blocks/conv.cnn"', {"import": "keyword.declaration", "blocks": "string"}),
    ("model resnet(depths: [int] = [3, 4]) {", {"model": "keyword.declaration", "resnet": "entity.name.function", "depths": "variable.parameter", "int": "storage.type", "4": "constant.numeric"}),
    ("  input image: f32[N, 7, size, size]", {"input": "keyword.declaration", "image": "variable.parameter", "f32": "storage.type", "7": "constant.numeric"}),
    ("  for s in 0..len(depths)", {"for": "keyword.control", "in": "keyword.control", "0": "constant.numeric", "..": "keyword.operator", "len": "entity.name.function.call"}),
    ('  conv2d(64, stride = 2) : conv1 -> relu()  # doc', {"conv2d": "entity.name.function.call", "stride": "variable.other", "conv1": "entity.name.tag", "->": "keyword.operator", "doc": "comment"}),
    ("  skip = x -> if stride != 1 and true { block(1.5) }", {"skip": "variable.other", "if": "keyword.control", "and": "keyword.control", "true": "constant.language", "block": "entity.name.function.call", "1.5": "constant.numeric"}),
]


def check_highlighting():
    grammar = json.loads((docs / "editors" / "cnn.tmLanguage.json").read_text())
    for line, expected in SAMPLE:
        found = scopes(line, grammar)
        for word, scope in expected.items():
            at = line.index(word)
            assert all(name.startswith(scope) for name in found[at : at + len(word)]), f"{word} in {line!r}: {found[at]}"
    print("highlighting")


with tempfile.TemporaryDirectory() as folder:
    check_snippets(pathlib.Path(folder))
check_grammar()
check_highlighting()

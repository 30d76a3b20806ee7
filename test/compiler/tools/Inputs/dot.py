"""Reads the part of Graphviz's language that inspect writes: one statement a line. dot.py FILE"""
import re
import sys

lines = [line.strip() for line in open(sys.argv[1], encoding="utf-8")]
assert lines[0] == "digraph network {" and lines[-1] == "}", lines
nodes, edges = set(), []
for line in lines[1:-1]:
    if match := re.fullmatch(r"(\w+) -> (\w+);", line):
        edges.append(match.groups())
    elif match := re.fullmatch(r'(\w+) \[label="(?:[^"\\]|\\.)*"(?:, \w+="[^"]*")*\];', line):
        nodes.add(match[1])
    else:
        assert re.fullmatch(r"\w+=\w+;|node \[.*\];", line), line
joined = {end for edge in edges for end in edge}
print(f"{len(nodes)} nodes, {len(edges)} edges,", "all joined" if joined == nodes else f"not joined: {nodes ^ joined}")

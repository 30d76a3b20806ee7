"""Damage, drawn from a random.Random: to bytes, to lines of text, and to JSON documents."""

import copy
import json
import re
import sys

sys.setrecursionlimit(10000)  # of copies of deeply nested documents

NUMBERS = [0, 1, -1, 2, 3, 7, 16, 255, 1000, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, -(2**63), 1e-300, 1e300, 0.5, -0.0]
TEXTS = ["", "x", "N", "=", "=1", "=size", "=1/0", "=2**62", "=[1,2][9]", "=len(1)", "=range(99999)", "=range(10**9)", "=[[[1]]]", "={", "y{size}", "../more.json", "language.json", "=((((", "{s}", "a b", "a/b", "../x", "free", "\u0441\u0435\u0442\u044c", "x" * 3000, "conv2d", "image",
         "\u0000", "%s%n", "random:1"]
CHUNKS = [b"\x00", b"\xff", b"\x00" * 8, b"\xff" * 8, b"9" * 20, b"-1", b"{", b"}", b"[", b"]", b'"', b"\\", b"\n", b"%", b"<", b">", b"?", b"1e999", b"NaN", b"[" * 100000, b"\xf0\x9f\x92\xa5", b"\xed\xa0\x80"]


def damage_bytes(random, data):
    """One to four flips, cuts, insertions, repetitions or overwritten integers. A header is hit as often as all the rest."""
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        size = len(data)
        at = random.randrange(min(size, 512) if random.random() < 0.5 else size) if size else 0
        kind = random.randrange(7)
        if kind == 0 and size:
            data[at] ^= 1 << random.randrange(8)
        elif kind == 1 and size:
            data[at] = random.randrange(256)
        elif kind == 2:
            data[at:at] = random.choice(CHUNKS)
        elif kind == 3:
            del data[at:at + random.randint(1, 64)]
        elif kind == 4:
            del data[at:]
        elif kind == 5:
            data[at:at] = data[at:at + random.randint(1, 200)]
        else:
            width = random.choice([1, 2, 4, 8])
            value = random.choice([0, 1, 2**(8 * width) - 1, 2**(8 * width - 1), random.getrandbits(8 * width)])
            data[at:at + width] = value.to_bytes(width, "little")
    return bytes(data)


def damage_tokens(random, text):
    """Tokens of a .cnn text deleted, repeated, swapped or replaced; brackets opened a thousand times."""
    tokens = re.findall(r"\s+|\w+|->|\.\.|#[^\n]*|\"[^\"\n]*\"|'[^'\n]*'|.", text)
    for _ in range(random.randint(1, 4)):
        at, other = random.randrange(len(tokens)), random.randrange(len(tokens))
        kind = random.randrange(7)
        if kind == 0:
            tokens[at] = ""
        elif kind == 1:
            tokens[at] *= random.choice([2, 30])
        elif kind == 2:
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif kind == 3:
            tokens[at] = tokens[other]
        elif kind == 4:
            tokens[at] = str(random.choice(NUMBERS))
        elif kind == 5:
            tokens[at] += random.choice(["(", ")", "[", "]", "{", "}", "->", "=", "==", ":", ",", ";", "..", "#", '"', "'", "\\", "-", "\n", "if", "else", "for", "let", "return", "block", "output"])
        else:
            tokens[at] += random.choice(["(", "[", "{", "-", "not ", "x -> ", "if x { ", "f(", "a + ", "else if x {"]) * random.choice([30, 1000])
    return "".join(tokens)


def damage_lines(random, text):
    """Lines deleted, repeated or swapped; words replaced by words from elsewhere in the text, numbers by odd ones."""
    lines = text.split("\n")
    for _ in range(random.randint(1, 3)):
        at, other = random.randrange(len(lines)), random.randrange(len(lines))
        kind = random.randrange(6)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(other, lines[at])
        elif kind == 2:
            lines[at], lines[other] = lines[other], lines[at]
        else:
            words, donors = lines[at].split(" "), lines[other].split(" ")
            word = random.randrange(len(words))
            if kind == 3:
                words[word] = random.choice(donors)
            elif kind == 4:
                words[word] = "".join(str(random.choice(NUMBERS[:15])) if c.isdigit() and random.random() < 0.5 else c for c in words[word])
            else:
                del words[word]
            lines[at] = " ".join(words)
        lines = lines or [""]
    return "\n".join(lines)


def places(document):
    """Every (container, key) of a JSON document."""
    found, open_ = [], [document]
    while open_:
        node = open_.pop()
        for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
            found.append((node, key))
            if isinstance(value, (dict, list)):
                open_.append(value)
    return found


def odd_value(random):
    kind = random.randrange(6)
    if kind == 0:
        return random.choice(NUMBERS)
    if kind == 1:
        return random.choice(TEXTS)
    if kind == 2:
        return [random.choice(NUMBERS) for _ in range(random.randint(0, 5))]
    if kind == 3:
        return random.choice([None, True, False, {}, [], [[]], {"": 0}])
    if kind == 4:
        return [random.choice(TEXTS) for _ in range(random.randint(1, 3))]
    value = 1
    for _ in range(random.choice([3, 50, 400])):
        value = [value]
    return value


def damage_document(random, document):
    """One to three values of a document replaced, removed, renamed, repeated, or moved from elsewhere in it. Returns JSON text."""
    document = copy.deepcopy(document)
    for _ in range(random.randint(1, 3)):
        candidates = places(document)
        if not candidates:
            break
        node, key = random.choice(candidates)
        kind = random.randrange(6)
        if kind == 0:
            del node[key]
        elif kind == 1 and isinstance(node, dict):
            node[random.choice(TEXTS + [str(k) for _, k in candidates[:200]])] = node.pop(key)
        elif kind == 2 and isinstance(node, list):
            node[key:key] = [copy.deepcopy(node[key])] * random.choice([1, 2, 40])
        elif kind == 3:
            donor, name = random.choice(candidates)
            if name in donor if isinstance(donor, dict) else name < len(donor):
                node[key] = copy.deepcopy(donor[name])
        elif kind == 4 and isinstance(node[key], (int, float)) and not isinstance(node[key], bool):
            node[key] = random.choice([node[key] + 1, node[key] - 1, -node[key], node[key] * 1000, random.choice(NUMBERS)])
        else:
            node[key] = odd_value(random)
    return json.dumps(document)

"""Whether the arena is at most so many times what is alive at once: arena.py FACTOR < metadata of a library, or a module after the partition phase."""
import json
import re
import sys

text = sys.stdin.read()
if text.startswith("{"):
    metadata = json.loads(text)
    network, arena, live = (metadata[key] for key in ("network", "arena_bytes", "live_bytes"))
else:
    network = re.search(r'cnn\.network = "(\w+)"', text).group(1)
    arena, live = (int(re.search(rf"exec\.{key}_bytes = (\d+)", text).group(1)) for key in ("arena", "live"))
verdict = "ok" if 0 < live <= arena <= float(sys.argv[1]) * live else "too large"
print(f"{network}: arena {arena} bytes, live {live} bytes: {verdict}")

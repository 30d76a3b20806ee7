#!/usr/bin/env python3
"""Writes what `cnnc bench --zoo --json` measured as a Markdown table and as one HTML page without external resources."""

import argparse
import html
import json
import math
import os
import sys

import library
import peers
import roofline

FORMAT = 1


def write(path, text):
    """Writes a file whole or not at all."""
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(partial, path)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def scaled(number):
    """"25.56 M": four significant digits and a decimal suffix."""
    value, suffix = float(number), 0
    while value >= 999.95 and suffix < 4:
        value, suffix = value / 1000, suffix + 1
    return f"{value:.0f}" if not suffix else f"{value:.{3 if value < 9.9995 else 2 if value < 99.995 else 1}f} {' kMGT'[suffix]}"


def label(network):
    """How tables call a network: a spec's file without folder and ending."""
    name, *parameters = network.split(",", 1)
    return ",".join([os.path.splitext(os.path.basename(name))[0] if os.path.isfile(name) else name, *parameters])


def title(peer):
    """"ONNX Runtime" of "ort"; a peer that this version does not know keeps its name."""
    return peers.PEERS[peer].title if peer in peers.PEERS else peer


def milliseconds(value):
    """Four significant digits at most, two decimals at most: "0.43", "25.67", "1240"."""
    return f"{value:.{2 if value < 100 else 1 if value < 1000 else 0}f}"


class Report:
    """A document of `cnnc bench --zoo`, checked. `peers`: their names; `measured` and `failed`: its rows."""

    def __init__(self, document):
        """Raises ValueError when it is something else."""
        try:
            self.head = {key: document[key] for key in ("cpu", "threads", "batch", "versions")}
            self.accuracy = document.get("accuracy", "default")
            self.date, self.peak = document.get("date", ""), document.get("peak")
            self.peers = [name for name in self.head["versions"] if name != "ours"]
            self.measured = [row for row in document["networks"] if "error" not in row]
            self.failed = [(label(str(row["network"])), str(row["error"])) for row in document["networks"] if "error" in row]
            self.means = {str(name): float(mean) for name, mean in document["geometric_mean"].items()}
            for row in self.measured:
                times = [row["ours"], *row["peers"].values()]
                figures = [times_of["median_ms"] for times_of in times] + list(row["ratio"].values()) + [row["compile_s"], row["macs"], row["parameters"]]
                if not all(isinstance(figure, (int, float)) and math.isfinite(figure) and figure >= 0 for figure in figures) or not set(row["peers"]) <= set(row["ratio"]):
                    raise ValueError("a figure is none")
                label(row["network"])
            if self.peak is not None:
                roofline.text(self.peak)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"it is no result of `cnnc bench --zoo --json`: {error!r}") from None

    @classmethod
    def load(cls, path):
        """That of a file. Raises OSError, or ValueError with the path."""
        try:
            with open(path, encoding="utf-8") as file:
                return cls(json.load(file))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def machine(self):
        """Lines on what was measured, and with what."""
        lines = [f"{self.head['cpu']}, {self.head['threads']} threads, batch {self.head['batch']}, f32, accuracy {self.accuracy}", ", ".join(map(str, self.head["versions"].values()))]
        if self.peak:
            lines.append(roofline.text(self.peak))
        return lines + ([str(self.date)] if self.date else [])

    def share(self, row):
        """"54.3 %" of the machine's limit; nothing where it was not measured."""
        return f"{100 * row['roofline']['share']:.1f} %" if "roofline" in row else ""

    def summary(self):
        """[(title, geometric mean)] of each peer's ratios, and of the best one's where there are several."""
        return [("the best of them" if peer == "best" else title(peer), mean) for peer, mean in self.means.items() if peer != "best" or len(self.peers) > 1]


def _plain(text):
    """A text as one that Markdown shows as it is, in a cell of a table too."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|")


def markdown(report):
    """The table that a README shows, under the machine and above the geometric means."""
    head = ["network", "ours, median ms", *(_plain(title(peer)) for peer in report.peers), "ratio to each", "of the machine's limit", "compile"]
    if not report.peers:
        head.remove("ratio to each")
    lines = [*(f"{_plain(line)}  " for line in report.machine()), "", f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    for row in report.measured:
        cells = [label(row["network"]), milliseconds(row["ours"]["median_ms"])]
        cells += [milliseconds(row["peers"][peer]["median_ms"]) if peer in row["peers"] else "left out" for peer in report.peers]
        if report.peers:
            cells.append(", ".join(f"{row['ratio'][peer]:.2f}" if peer in row["peers"] else "-" for peer in report.peers))
        cells += [report.share(row), f"{row['compile_s']:.1f} s"]
        lines.append(f"| {' | '.join(map(_plain, cells))} |")
    lines += [f"| {_plain(name)} | {_plain(error)} |{' |' * (len(head) - 2)}" for name, error in report.failed]
    if report.summary():
        lines += ["", "A ratio is the other's median over ours: above 1 ours is faster. Geometric means: " + ", ".join(f"{name} {mean:.2f}" for name, mean in report.summary()) + "."]
    return "\n".join(lines) + "\n"


STYLE = """
:root { --paper: #fbfbfc; --card: #ffffff; --ink: #1c2330; --dim: #647084; --line: #e3e7ee; --track: #f0f2f6; --limit: #d1495b;
        --c0: #2463c9; --c1: #9aa7b8; --c2: #c59a6b; --c3: #8fae8b; --c4: #b08fc0; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #12151b; --card: #1a1f28; --ink: #e6eaf1; --dim: #96a1b3; --line: #2b3340; --track: #232a35; --limit: #f07f8d;
          --c0: #5b9cff; --c1: #6f7d91; --c2: #a9804f; --c3: #6c9168; --c4: #94719f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 36px 24px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 17px; margin: 40px 0 12px; }
.machine { color: var(--dim); margin: 0; font-size: 13.5px; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 24px 0 8px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; flex: 1 1 140px; }
.tile b { display: block; font-size: 24px; font-variant-numeric: tabular-nums; }
.tile span { color: var(--dim); font-size: 12.5px; }
.legend { display: flex; flex-wrap: wrap; gap: 16px; margin: 18px 0 10px; font-size: 13px; color: var(--dim); }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
.legend i.mark { width: 2px; border-radius: 0; background: var(--limit); height: 13px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(430px, 1fr)); gap: 12px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px 13px; }
.card header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 12px; align-items: baseline; margin-bottom: 7px; }
.card h3 { font-size: 14.5px; margin: 0; overflow-wrap: anywhere; }
.card header span { color: var(--dim); font-size: 12px; white-space: nowrap; }
.bar { display: grid; grid-template-columns: 100px 1fr 72px 48px; gap: 8px; align-items: center; font-size: 12.5px; line-height: 20px; white-space: nowrap; }
.bar > :nth-child(n+3) { text-align: right; font-variant-numeric: tabular-nums; }
.bar.ours { font-weight: 600; }
.bar em { color: var(--dim); font-style: normal; grid-column: 2 / 5; overflow: hidden; text-overflow: ellipsis; }
.track { position: relative; height: 11px; background: var(--track); border-radius: 3px; }
.track div { height: 100%; border-radius: 3px; }
.track s { position: absolute; top: -2px; bottom: -2px; width: 2px; background: var(--limit); }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--dim); font-weight: 600; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
tr:last-child td { border-bottom: 0; }
p.note { color: var(--dim); font-size: 13px; max-width: 110ch; }
@media (max-width: 520px) { .cards { grid-template-columns: 1fr; } .bar { grid-template-columns: 96px 1fr 70px 46px; gap: 5px; } }
"""


def _bar(name, times, most, colour, ratio="", mark=None, ours=False):
    width = 100 * times["median_ms"] / most
    limit = f'<s style="left:{100 * mark / most:.2f}%" title="the machine\'s limit, {mark:.3f} ms"></s>' if mark is not None and mark <= most else ""
    return (f'<div class="bar{" ours" if ours else ""}"><span>{html.escape(name)}</span>'
            f'<span class="track"><div style="width:{width:.2f}%;background:var(--c{colour})"></div>{limit}</span>'
            f'<span>{milliseconds(times["median_ms"])} ms</span><span>{ratio}</span></div>')


def _card(report, row):
    most = max(times["median_ms"] for times in (row["ours"], *row["peers"].values())) or 1
    limit = row["roofline"]["limit_ms"] if "roofline" in row else None
    bars = [_bar("cnnc", row["ours"], most, 0, mark=limit, ours=True)]
    for number, peer in enumerate(report.peers):
        if peer in row["peers"]:
            bars.append(_bar(title(peer), row["peers"][peer], most, 1 + number % 4, f"{row['ratio'][peer]:.2f} ×"))
        else:
            why = html.escape(str(row.get("left_out", {}).get(peer, "")))
            bars.append(f'<div class="bar"><span>{html.escape(title(peer))}</span><em title="{why}">left out: {why}</em></div>')
    share = f"{html.escape(report.share(row))} of the limit" if limit is not None else ""
    facts = " · ".join(filter(None, [f"{scaled(row['macs'])} MACs", library.rows_text(row.get("rows", {})), share]))
    return f'<article class="card"><header><h3>{html.escape(label(row["network"]))}</h3><span>{html.escape(facts)}</span></header>{"".join(bars)}</article>'


def _table(report):
    head = ["network", "parameters", "MACs", "ours ms", *(f"{title(peer)} ms (ratio)" for peer in report.peers), "GFLOP/s", "of limit", "compile s"]
    rows = []
    for row in report.measured:
        times = [f"{milliseconds(row['peers'][peer]['median_ms'])} ({row['ratio'][peer]:.2f})" if peer in row["peers"] else "–" for peer in report.peers]
        rows.append([label(row["network"]), scaled(row["parameters"]), scaled(row["macs"]), milliseconds(row["ours"]["median_ms"]), *times,
                     f"{row['gflops']:.1f}" if "gflops" in row else "", report.share(row), f"{row['compile_s']:.1f}"])
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{"".join(f"<th>{html.escape(cell)}</th>" for cell in head)}</tr></thead><tbody>{body}</tbody></table></div>'


def page(report):
    """One HTML page: a card of bars for each network and a table, light or dark as the reader's system is."""
    tiles = "".join(f'<div class="tile"><b>{mean:.2f} ×</b><span>as fast as {html.escape(name)}</span></div>' for name, mean in report.summary())
    shares = [row["roofline"]["share"] for row in report.measured if "roofline" in row]
    if shares:
        tiles += f'<div class="tile"><b>{100 * sorted(shares)[len(shares) // 2]:.0f} %</b><span>of the machine\'s limit, median</span></div>'
    tiles += f'<div class="tile"><b>{len(report.measured)}</b><span>networks</span></div>'
    legend = "".join(f'<span><i style="background:var(--c{colour})"></i>{html.escape(name)}</span>'
                     for colour, name in [(0, "cnnc"), *((1 + number % 4, title(peer)) for number, peer in enumerate(report.peers))])
    legend += '<span><i class="mark"></i>the machine\'s limit</span>' if shares else ""
    failed = "".join(f"<li><b>{html.escape(name)}</b>: {html.escape(error)}</li>" for name, error in report.failed)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>cnnc bench</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>Inference times of the zoo</h1>
{"".join(f'<p class="machine">{html.escape(line)}</p>' for line in report.machine())}
<div class="tiles">{tiles}</div>
<p class="note">Bars are medians of interleaved runs with the same weights and inputs, results checked against each other. The number at the right is the other's median over
ours: above 1 ours is faster; the figures above are geometric means. The limit is the least time in which the machine can do our multiplications, or move our weights
and activations, at its measured peaks.</p>
<div class="legend">{legend}</div>
<div class="cards">{"".join(_card(report, row) for row in report.measured)}</div>
{f"<h2>Failed</h2><ul>{failed}</ul>" if failed else ""}
<h2>All figures</h2>
{_table(report)}
</main>
</body>
</html>
"""


def write_all(report, markdown_path, html_path):
    """Writes the forms that have a path."""
    for path, form in ((markdown_path, markdown), (html_path, page)):
        if path:
            write(path, form(report))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", required=True, help="what `cnnc bench --zoo --json` wrote")
    parser.add_argument("--markdown", default="", help="file to write")
    parser.add_argument("--html", default="", help="file to write")
    options = parser.parse_args()
    try:
        write_all(Report.load(options.json), options.markdown, options.html)
    except (ValueError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

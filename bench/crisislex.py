#!/usr/bin/env python3
"""When would each detector have told of sixteen real crises?

Replays the times of all posts that were collected for each event of CrisisLexT26 (Olteanu et al., ICWSM 2014) through `mon replay`, with one
monitor a detector, and compares the first incident with the onset of the event. Writes a Markdown table, and one plot an event with --svg.

The onset is found in the data, after the fact: the first quarter of an hour with at least a tenth of the posts of the fullest one that the next hour keeps up.
What lies before it is the quiet part; an incident that opens and clears there is a false alarm. One that is open when the onset comes has told of the
event before it was large: its delay is negative.

    python3 bench/crisislex.py --mon target/debug/mon --data ../shared/data/crisislex --svg docs/plots
"""

import argparse
import datetime as dt
import json
import pathlib
import subprocess
import tempfile

STEP = dt.timedelta(minutes=15)
# Alerts as an analyst would write them: a figure that is unusual, and few enough posts that one voice is no crisis.
DETECTORS = {
    "fixed": "volume >= 20",
    "change": "change(volume, ewma over 3h) >= 3 and volume >= 5",
    "zscore": "zscore(volume, any_hour over 2d) >= 4 and volume >= 5",
    "robust_z": "robust_z(volume, any_hour over 2d) >= 6 and volume >= 5",
    "poisson": "poisson(volume, any_hour over 2d) < 0.00001",
    "negative_binomial": "negative_binomial(volume, any_hour over 2d) < 0.0001",
    "ewma_chart": "ewma_chart(volume, any_hour over 2d) >= 6 and volume >= 5",
    "cusum": "cusum(volume, any_hour over 2d) >= 12 and volume >= 5",
    "burst": "burst(volume, any_hour over 2d, 3) >= 1 and volume >= 5",
    "seasonal_esd": "seasonal_esd(volume, hour_of_day over 7d) > 1 and volume >= 5",
}


def rules():
    text = ""
    for name, when in DETECTORS.items():
        text += f'monitor {name} {{\n  match "event"\n  window tumble 15m\n  measure volume = count()\n  alert when {when}\n'
        text += "  severity { medium otherwise }\n  follow playbook desk\n}\n\n"
    return text + "playbook desk {\n  route first { otherwise to team care }\n  notify { medium by slack at once }\n}\n"


def moment(text):
    return dt.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))


def series(times):
    """Posts of each quarter of an hour from the first to the last, without holes."""
    floor = lambda at: at - dt.timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    counts = {}
    for at in times:
        counts[floor(at)] = counts.get(floor(at), 0) + 1
    at, rows = floor(times[0]), []
    while at <= times[-1]:
        rows.append((at, counts.get(at, 0)))
        at += STEP
    return rows


def onset(rows):
    full = max(count for _, count in rows)
    for place, (at, count) in enumerate(rows):
        hour = [count for _, count in rows[place : place + 4]]
        if count * 10 >= full and sum(hour) * 10 >= full * 2:
            return at
    return rows[0][0]


def replay(mon, times, folder):
    posts = folder / "posts.jsonl"
    with posts.open("w") as out:
        for number, at in enumerate(times):
            stamp = at.isoformat().replace("+00:00", "Z")
            out.write(json.dumps({"id": str(number), "created_at": stamp, "text": "event"}) + "\n")
    (folder / "rules.mon").write_text(rules())
    ran = subprocess.run([mon, "replay", folder / "rules.mon", "--posts", posts, "--out", folder / "out"], capture_output=True, text=True)
    if ran.returncode > 1:  # 1 says that something was found.
        raise SystemExit(ran.stderr)
    lines = (folder / "out" / "incidents.jsonl").read_text().splitlines()
    incidents = {name: {} for name in DETECTORS}
    for row in map(json.loads, lines):
        if row["kind"] == "opened":
            incidents[row["monitor"]][row["incident"]] = [moment(row["at"]), None]
        elif row["kind"] == "cleared":
            incidents[row["monitor"]][row["incident"]][1] = moment(row["at"])
    return {name: list(told.values()) for name, told in incidents.items()}


def told(incidents, start):
    """Minutes from the onset to the first incident that it meets open or that comes after it, and false alarms before."""
    early = sum(cleared is not None and cleared <= start for _, cleared in incidents)
    after = [opened for opened, cleared in incidents if cleared is None or cleared > start]
    return (round((after[0] - start).total_seconds() / 60) if after else None), early


def plot(path, name, rows, start, incidents):
    width, height, left = 900, 220 + 14 * len(DETECTORS), 110
    full, span = max(count for _, count in rows), len(rows)
    across = lambda at: left + (at - rows[0][0]) / STEP / span * (width - left - 10)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">']
    out.append(f'<rect width="{width}" height="{height}" fill="white"/><text x="10" y="16" font-size="13">{name}: posts in 15 minutes, onset (red), incidents by detector</text>')
    column = {}  # No more points than the picture has columns.
    for at, count in rows:
        column[round(across(at))] = max(count, column.get(round(across(at)), 0))
    points = " ".join(f"{x},{200 - 170 * count / full:.0f}" for x, count in column.items())
    out.append(f'<polyline points="{points}" fill="none" stroke="#2a6f97" stroke-width="1"/><text x="10" y="40">{full}</text><text x="10" y="200">0</text>')
    out.append(f'<line x1="{across(start):.1f}" x2="{across(start):.1f}" y1="25" y2="{height}" stroke="#c1121f"/>')
    for place, (detector, found) in enumerate(incidents.items()):
        y = 216 + 14 * place
        out.append(f'<text x="10" y="{y + 4}">{detector}</text>')
        for opened, cleared in found:
            false = cleared is not None and cleared <= start
            end = across(cleared) if cleared else width - 10
            colour = "#c1121f" if false else "#386641"
            out.append(f'<rect x="{across(opened):.1f}" y="{y - 4}" width="{max(end - across(opened), 2):.1f}" height="8" fill="{colour}"/>')
    path.write_text("\n".join(out + ["</svg>"]) + "\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mon", default="target/debug/mon")
    arguments.add_argument("--data", default="../shared/data/crisislex", type=pathlib.Path)
    arguments.add_argument("--svg", type=pathlib.Path)
    given = arguments.parse_args()
    print("| event | quiet | " + " | ".join(DETECTORS) + " |\n| --- | --- |" + " --- |" * len(DETECTORS))
    delays, alarms, quiet_hours = {name: [] for name in DETECTORS}, dict.fromkeys(DETECTORS, 0), 0.0
    for path in sorted(given.data.glob("*.times.txt")):
        name = path.name.removeprefix("t26-").removesuffix(".times.txt")
        times = [moment(line) for line in path.read_text().splitlines() if line.strip()]
        rows = series(times)
        start = onset(rows)
        quiet = (start - rows[0][0]).total_seconds() / 3600
        quiet_hours += quiet
        with tempfile.TemporaryDirectory() as folder:
            incidents = replay(given.mon, times, pathlib.Path(folder))
        cells = []
        for detector in DETECTORS:
            delay, early = told(incidents[detector], start)
            alarms[detector] += early
            delays[detector].append(delay)
            cells.append(("never" if delay is None else f"{delay} min") + (f", {early} before" if early else ""))
        print(f"| {name} | {quiet:.0f} h | " + " | ".join(cells) + " |")
        if given.svg:
            given.svg.mkdir(parents=True, exist_ok=True)
            plot(given.svg / f"{name}.svg", name, rows, start, incidents)
    found = {name: sorted(delay for delay in list_ if delay is not None) for name, list_ in delays.items()}
    middle = lambda row: f"{row[len(row) // 2]} min" if row else "none"
    print(f"| **median, found** | | " + " | ".join(f"{middle(found[n])}, {len(found[n])} of {len(delays[n])}" for n in DETECTORS) + " |")
    print(f"| **false alarms** | {quiet_hours:.0f} h | " + " | ".join(str(alarms[n]) for n in DETECTORS) + " |")


main()

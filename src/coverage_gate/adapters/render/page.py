"""The frame of a self-contained HTML page: no script, no network, light and dark, narrow and wide.

A policy in the page itself forbids everything but its own style: what comes from outside could
not load anything even if an escape were forgotten.
"""

from __future__ import annotations

from html import escape

from coverage_gate.adapters.render.printable import one_line

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

#: Colours by role, for pages and for drawings by themselves.
PALETTE = """\
:root{--ground:#ffffff;--text:#1c2128;--quiet:#59636e;--line:#d1d9e0;--raised:#f6f8fa;
--accent:#0b57d0;--good:#1a7f37;--bad:#c4232c;--warn:#8a5a00;--code:#eef1f4}
@media (prefers-color-scheme:dark){:root{--ground:#0d1117;--text:#e6edf3;--quiet:#9aa4af;
--line:#30363d;--raised:#161b22;--accent:#6cb0ff;--good:#4ac26b;--bad:#ff7b72;--warn:#e3b341;
--code:#1c2330}}"""

_STYLE = """\
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:70rem;margin:0 auto;padding:1rem}
h1{font-size:1.35rem;margin:.2rem 0 .6rem}h2{font-size:1.05rem;margin:1.6rem 0 .5rem}
p{margin:.4rem 0}.quiet{color:var(--quiet)}.good{color:var(--good)}.bad{color:var(--bad)}
.warn{color:var(--warn)}code,.code{font:.875em/1.5 ui-monospace,Menlo,Consolas,monospace}
.wide{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}
tr:last-child td{border-bottom:0}th{background:var(--raised);font-weight:600}
td.n,th.n{text-align:right}svg{display:block;width:100%;height:auto}"""


def page(title: str, body: str, *, style: str = "") -> str:
    """A whole page.

    Args:
        title: Plain text, of the tab and of the heading.
        body: HTML; whoever makes it has escaped what came from outside, see `text`.
        style: Further CSS.
    """
    shown = text(title)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{shown}</title>\n<style>\n{PALETTE}\n{_STYLE}\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{shown}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def text(value: str, *, limit: int = 500) -> str:
    """Text from outside on one line, as text of HTML or value of an attribute."""
    return escape(one_line(value, limit=limit), quote=True)

"""Twenty labelled changes, written from the contract alone, without sight of the code.

What is labelled here is what the contract asks for. Where it leaves room, the label is what
a reviewer would expect, and a comment names the room.
"""

from __future__ import annotations

from tests.integration.labelled.change import Change

_TABLE = "".join(f" LIMIT_{number} = {number * 10}\n" for number in range(54))


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


CHANGES = (
    Change(
        name="with inside try/finally: nine of ten, exactly on the limit",
        base={
            "src/export.py": """\
 def export(rows, path, log):
     return len(rows)
"""
        },
        head={
            "src/export.py": """\
 def export(rows, path, log):
     temp = path.with_suffix(".tmp")
     try:
         with temp.open("w") as handle:
             for row in rows:
                 if row is None:
!                    continue
                 handle.write(str(row))
         temp.replace(path)
     finally:
         temp.unlink(missing_ok=True)
     log.info("wrote %s", path)
     return len(rows)
"""
        },
        passes=True,
        counted="9/10",
    ),
    Change(
        name="match statement whose last case no test reaches: eight of ten",
        base={
            "src/area.py": """\
 def area(shape):
     return 0
"""
        },
        head={
            "src/area.py": """\
 def area(shape):
     match shape:
         case {"kind": "square"}:
             side = shape["side"]
             return side * side
         case {"kind": "disc"}:
             radius = shape["radius"]
             return 3 * radius * radius
         case {"kind": "ring"}:
!            outer, inner = shape["radii"]
!            return 3 * (outer * outer - inner * inner)
     return 0
"""
        },
        passes=False,
        patch="FAIL",
        counted="8/10",
    ),
    Change(
        name="async function: five statements are the first size that is judged, four are covered",
        base={
            "src/fetch.py": """\
 async def fetch(client, url):
     response = await client.get(url)
     return await response.text()
"""
        },
        head={
            "src/fetch.py": """\
 async def fetch(client, url):
     response = await client.get(url)
     client.seen.add(url)
     async for header in response.headers():
         client.learn(header)
     if response.moved:
!        return await fetch(client, response.location)
     return await response.text()
"""
        },
        passes=False,
        patch="FAIL",
        counted="4/5",
    ),
    Change(
        name="generator: two of three new statements, too few to fail",
        base={
            "src/pages.py": """\
 def pages(source):
     for page in source:
         yield page
"""
        },
        head={
            "src/pages.py": """\
 def pages(source):
     for page in source:
         if page.hidden:
!            continue
         yield page
     source.close()
"""
        },
        passes=True,
        patch="WARN",
        counted="2/3",
    ),
    Change(
        name="three statements in a handler that never ran: few, and none is covered",
        base={
            "src/load.py": """\
 def load(path, log, meter):
     try:
         return path.read_text()
!    except OSError:
!        return ""
"""
        },
        head={
            "src/load.py": """\
 def load(path, log, meter):
     try:
         return path.read_text()
!    except OSError:
!        log.warning("cannot read %s", path)
!        meter.bump("load")
!        path.touch()
!        return ""
"""
        },
        passes=False,
        patch="FAIL",
        counted="0/3",
    ),
    Change(
        name="docstrings and comments of a module that is half dark",
        base={
            "src/rates.py": """\
 def rate(kind):
     \"\"\"Rate.\"\"\"
     if kind == "new":
         return 2
!    # old ones
!    scale = kind.scale
!    return scale * 3
"""
        },
        head={
            "src/rates.py": """\
 \"\"\"What a kind of customer pays.\"\"\"


 def rate(kind):
     \"\"\"The rate of a kind of customer.

     Old ones pay by their scale.
     \"\"\"
     if kind == "new":
         return 2  # the offer of this year
     # Old ones keep the scale that they signed.
!    scale = kind.scale
!    return scale * 3  # as signed
"""
        },
        passes=True,
        patch="SKIP",
        buckets={
            "new_covered": 0,
            "new_uncovered": 0,
            "deleted_covered": 0,
            "deleted_uncovered": 0,
        },
    ),
    Change(
        # Room: whether "modified" is a matter of text or of meaning. A formatter writes no code.
        name="formatter wraps a call that no test reaches",
        base={
            "src/alarm.py": """\
 def alarm(user, text):
     if user.muted:
!        audit(user.name, text, level="info", channel="alarms")
     return send(user, text)
"""
        },
        head={
            "src/alarm.py": """\
 def alarm(user, text):
     if user.muted:
!        audit(
!            user.name,
!            text,
!            level="info",
!            channel="alarms",
!        )
     return send(user, text)
"""
        },
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="argument on a later line of a call that no test reaches",
        base={
            "src/notify.py": """\
 def notify(user, text):
     if user.muted:
!        audit(
!            user.name,
!            level="info",
!        )
     return send(user, text)
"""
        },
        head={
            "src/notify.py": """\
 def notify(user, text):
     if user.muted:
!        audit(
!            user.name,
!            level="warning",
!        )
     return send(user, text)
"""
        },
        passes=False,
        patch="FAIL",
        counted="0/1",
    ),
    Change(
        # Room: whether a lost place is numbered as in the base or in the head; "is not now" = head.
        name="new early return darkens what follows",
        base={
            "src/price.py": """\
 def price(order):
     if order.gift:
         total = order.base
     else:
         total = order.base + order.tax
     total -= order.discount
     return round(total, 2)
"""
        },
        head={
            "src/price.py": """\
 def price(order):
     if order.prepaid is not None:
         return order.prepaid
!    if order.gift:
!        total = order.base
     else:
!        total = order.base + order.tax
!    total -= order.discount
!    return round(total, 2)
"""
        },
        passes=False,
        lost="FAIL",
        counted="2/2",
        lines=(
            "src/price.py:4",
            "src/price.py:5",
            "src/price.py:7",
            "src/price.py:8",
            "src/price.py:9",
        ),
        buckets={"lost": 5, "new_covered": 2, "new_uncovered": 0},
        rest=(9000, 10000),
    ),
    Change(
        name="test deleted, source untouched",
        base={
            "src/stock.py": """\
 def reserve(stock, item):
     stock[item] -= 1
     return stock[item]


 def restock(stock, item, count):
     if count < 1:
         raise ValueError(count)
     stock[item] += count
     return stock[item]
"""
        },
        head={
            "src/stock.py": """\
 def reserve(stock, item):
     stock[item] -= 1
     return stock[item]


 def restock(stock, item, count):
     if count < 1:
!        raise ValueError(count)
     stock[item] += count
     return stock[item]
"""
        },
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=("src/stock.py:8",),
        buckets={"lost": 1, "gained": 0, "new_covered": 0, "deleted_covered": 0},
    ),
    Change(
        name="file renamed, a helper inlined on the way, its dark function kept",
        base={
            "src/billing.py": """\
 class Billing:
     def __init__(self, rate, ledger):
         self.rate = rate
         self.ledger = ledger

     def _tax(self, amount):
         return amount * self.rate / 100

     def total(self, amount):
         total = amount + self._tax(amount)
         return round(total, 2)

     def refund(self, amount):
!        entry = self.ledger.find(amount)
!        if entry is None:
!            raise LookupError(amount)
!        entry.reverse()
!        self.ledger.drop(entry)
!        return entry.amount
"""
        },
        head={
            "src/invoicing.py": """\
 class Billing:
     def __init__(self, rate, ledger):
         self.rate = rate
         self.ledger = ledger

     def total(self, amount):
         total = amount + amount * self.rate / 100
         self.ledger.note(total)
         return round(total, 2)

     def refund(self, amount):
!        entry = self.ledger.find(amount)
!        if entry is None:
!            raise LookupError(amount)
!        entry.reverse()
!        self.ledger.drop(entry)
!        return entry.amount
"""
        },
        passes=True,
        counted="2/2",
    ),
    Change(
        # Room: the contract calls `moved` information. What only moved is expected not to be new.
        name="functions in another order, the dark one first",
        base={
            "src/words.py": """\
 def first(text):
     parts = text.split()
     return parts[0]


 def last(text):
     pieces = text.split()
     return pieces[-1]


 def middle(text):
!    words = text.split()
!    words.sort()
!    half = len(words) // 2
!    return words[half]
"""
        },
        head={
            "src/words.py": """\
 def middle(text):
!    words = text.split()
!    words.sort()
!    half = len(words) // 2
!    return words[half]


 def last(text):
     pieces = text.split()
     return pieces[-1]


 def first(text):
     parts = text.split()
     return parts[0]
"""
        },
        passes=True,
        patch="SKIP",
    ),
    Change(
        # Room: as above; the block also stands less deep now.
        name="function extracted, with a branch that was dark before",
        base={
            "src/process.py": """\
 def process(order):
     order.check()
     if order.paid:
         receipt = order.receipt()
         if receipt.foreign:
!            receipt.convert()
!            receipt.stamp("fx")
         order.mail(receipt)
     return order.total
"""
        },
        head={
            "src/process.py": """\
 def confirm(order):
     receipt = order.receipt()
     if receipt.foreign:
!        receipt.convert()
!        receipt.stamp("fx")
     order.mail(receipt)


 def process(order):
     order.check()
     if order.paid:
         confirm(order)
     return order.total
"""
        },
        passes=True,
        counted="2/2",
    ),
    Change(
        # Room: as above, across files.
        name="dark function moved to a new file and imported from there",
        base={
            "src/text.py": """\
 def slug(title):
     words = title.lower().split()
     return "-".join(words)


 def initials(name):
!    parts = name.split()
!    heads = [part[0] for part in parts if part]
!    joined = ".".join(heads)
!    return joined.upper()
"""
        },
        head={
            "src/text.py": """\
 from names import initials


 def slug(title):
     words = title.lower().split()
     return "-".join(words)
""",
            "src/names.py": """\
 def initials(name):
!    parts = name.split()
!    heads = [part[0] for part in parts if part]
!    joined = ".".join(heads)
!    return joined.upper()
""",
        },
        passes=True,
        counted="1/1",  # the import in the old file; first labelled as nothing to measure
    ),
    Change(
        name="a long table of constants around a function that no test calls",
        base={
            "src/limits.py": """\
 def limit(kind):
     return kind.limit
"""
        },
        head={
            "src/limits.py": _TABLE
            + """\


 def limit(kind):
     return kind.limit


 def tighten(kind, share):
!    floor = kind.limit * share
!    for child in kind.children:
!        child.limit = min(child.limit, floor)
!        child.save()
!    kind.touch()
!    return floor
"""
        },
        passes=False,
        patch="FAIL",
    ),
    Change(
        # Room: whether a change of line ends modifies a statement. It should not.
        name="line ends become CRLF, and one sort key changes",
        base={
            "src/board.py": """\
 def board(rows, limit):
     rows.sort(key=lambda row: row.rank)
     if limit:
!        kept = rows[:limit]
!        kept.reverse()
!        return kept
     return rows
"""
        },
        head={
            "src/board.py": """\
 def board(rows, limit):
     rows.sort(key=lambda row: (row.rank, row.name))
     if limit:
!        kept = rows[:limit]
!        kept.reverse()
!        return kept
     return rows
"""
        },
        head_text=_crlf,
        passes=True,
        counted="1/1",
    ),
    Change(
        # First labelled FAIL, by the sentence on policies alone; what is fair to deletions passes.
        name="covered branch deleted in a small code base, the rate falls by more than epsilon",
        base={
            "src/convert.py": """\
 def convert(kind, raw):
     if kind == "int":
         return int(raw)
     elif kind == "float":
         return float(raw)
     elif kind == "csv":
         parts = raw.split(",")
         return [part.strip() for part in parts]
     return raw
"""
        },
        head={
            "src/convert.py": """\
 def convert(kind, raw):
     if kind == "int":
         return int(raw)
     elif kind == "float":
         return float(raw)
     return raw
"""
        },
        passes=True,
        patch="SKIP",
        says="only because covered code went away",
        buckets={"deleted_covered": 3, "deleted_uncovered": 0, "lost": 0, "new_covered": 0},
        rest=(50, 100),
    ),
    Change(
        # Room: whether fields with a default are constants; the decorator is covered either way.
        name="class becomes a dataclass, the rate lands exactly on baseline minus epsilon",
        base={
            "src/point.py": """\
 class Point:
     def __init__(self, x=0.0, y=0.0, label=""):
         self.x = x
         self.y = y
         self.label = label

     def norm(self):
         return abs(self.x) + abs(self.y)
"""
        },
        head={
            "src/point.py": """\
 from dataclasses import dataclass


 @dataclass(frozen=True)
 class Point:
     x: float = 0.0
     y: float = 0.0
     label: str = ""

     def norm(self):
         return abs(self.x) + abs(self.y)
"""
        },
        passes=True,
        rest=(888, 992),
        stored="90.1",
    ),
    Change(
        # Room: whether branches count in the patch rule. The contract says statements.
        name="each new statement ran, two conditions went one way only",
        base={
            "src/clean.py": """\
 def clean(row):
     return row.strip()
"""
        },
        head={
            "src/clean.py": """\
 def clean(row, lower=True, limit=80):
     text = row.strip()
>    if lower:
         text = text.lower()
>    if limit:
         text = text[:limit]
     return " ".join(part for part in text.split())
"""
        },
        passes=True,
        counted="7/7",
        branch=True,
    ),
    Change(
        # Room: whether stubs that coverage.py leaves out by default are "hidden". They are not.
        name="overloads and annotations, with their import",
        base={
            "src/parse.py": """\
 def parse(value):
     if isinstance(value, bytes):
         return value.decode()
     return value


 def dump(value):
     return value.encode()
"""
        },
        head={
            "src/parse.py": """\
 from typing import overload


 @overload
 def parse(value: bytes) -> str: ...
 @overload
 def parse(value: str) -> str: ...
 def parse(value: bytes | str) -> str:
     if isinstance(value, bytes):
         return value.decode()
     return value


 def dump(
     value: str,
 ) -> bytes:
     return value.encode()
"""
        },
        passes=True,
    ),
)

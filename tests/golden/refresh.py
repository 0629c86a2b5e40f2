"""Write the golden files anew: `python -m tests.golden.refresh`. Then read what changed."""

from __future__ import annotations

from tests.golden.cases import CASES
from tests.golden.faces import FOLDER, faces

for case in CASES:
    for file_name, content in faces(case).items():
        (FOLDER / file_name).write_bytes(content.encode())

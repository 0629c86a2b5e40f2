"""The repository as a weapon, and names."""

from __future__ import annotations

from coverage_gate.testing.attacks.attack import (
    HEAD,
    MAIN,
    REPOSITORY,
    WITNESS,
    Attack,
    Family,
)
from coverage_gate.testing.attacks.project import (
    CODE,
    CODE_TESTS,
    CONFTEST,
    REFUNDS,
    REFUNDS_IMPORTED,
    REFUNDS_TESTS,
    TESTED,
    UNTESTED,
)

CONF = "tests/conftest.py"
_WITNESS = f"#!/bin/sh\necho $0 $* >> {WITNESS}\ncat 2>/dev/null\nexit 0\n"
_CONFIG = f"""\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
\tfsmonitor = {REPOSITORY}/.git/evil
\thooksPath = {REPOSITORY}/.git/hooks
\tpager = {REPOSITORY}/.git/evil
\tsshCommand = {REPOSITORY}/.git/evil
\tattributesFile = {REPOSITORY}/.git/info/attributes
[filter "evil"]
\tclean = {REPOSITORY}/.git/evil
\tsmudge = {REPOSITORY}/.git/evil
\tprocess = {REPOSITORY}/.git/evil
\trequired = true
[diff "evil"]
\ttextconv = {REPOSITORY}/.git/evil
\tcommand = {REPOSITORY}/.git/evil
[diff]
\texternal = {REPOSITORY}/.git/evil
[merge "evil"]
\tdriver = {REPOSITORY}/.git/evil
[gpg]
\tprogram = {REPOSITORY}/.git/evil
[log]
\tshowSignature = true
"""
_HOOKS = ("post-checkout", "post-index-change", "reference-transaction", "pre-commit", "post-merge")
_HOSTILE = "src/till/re\n\x1b[31m<script>alert(1)</script>\"'`|---\ncoverage_status: PASS\n.py"

GIT = (
    Attack(
        name="programs-in-the-configuration",
        family=Family.GIT,
        tries="plants hooks, filters, fsmonitor and textconv for the gate's git to run",
        held_by="patch",
        files={**UNTESTED, ".gitattributes": "* filter=evil diff=evil merge=evil\n"},
        planted={
            "config": _CONFIG,
            "evil": _WITNESS,
            "info/attributes": "* filter=evil diff=evil merge=evil\n",
            **{f"hooks/{name}": _WITNESS for name in _HOOKS},
        },
        twin_is="has attributes for line ends",
        twin={**TESTED, ".gitattributes": "* text=auto\n*.png binary\n"},
    ),
    Attack(
        name="attributes-that-hide-a-diff",
        family=Family.GIT,
        tries="calls the code binary and not to be exported, so that a diff shows no line",
        held_by="patch",
        files={
            **UNTESTED,
            ".gitattributes": "*.py -diff -text binary export-ignore linguist-generated\n",
        },
        twin_is="calls pictures binary",
        twin={**TESTED, ".gitattributes": "*.png -diff -text binary export-ignore\n"},
    ),
    Attack(
        name="attributes-that-change-bytes",
        family=Family.GIT,
        tries="lets a checkout have other bytes than the commit",
        held_by="patch",
        files={
            **UNTESTED,
            ".gitattributes": "*.py ident eol=crlf working-tree-encoding=latin-1\n",
        },
        twin_is="asks for CRLF in one script",
        twin={**TESTED, ".gitattributes": "*.bat eol=crlf\n", "run.bat": "echo\n"},
    ),
    Attack(
        name="the-tests-commit",
        family=Family.GIT,
        tries="moves the branch while it is measured, to a commit with tests",
        held_by="patch",
        files={
            **UNTESTED,
            CONF: "import subprocess\n\n"
            f"subprocess.run(['git', '-C', {REPOSITORY!r}, 'update-ref',"
            " 'refs/heads/the-tests-commit', 'refs/heads/twin'], check=False)\n" + CONFTEST,
        },
        twin_is="runs git in a folder of its own",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_git(tmp_path):\n    import subprocess\n\n"
            "    subprocess.run(['git', 'init', '-q', str(tmp_path)], check=True)\n"
            "    assert (tmp_path / '.git').is_dir()\n",
        },
    ),
    Attack(
        name="the-tests-move-main",
        family=Family.GIT,
        tries="moves main onto the branch while the branch is measured",
        held_by="patch",
        files={
            **UNTESTED,
            CONF: "import subprocess\n\n"
            f"subprocess.run(['git', '-C', {REPOSITORY!r}, 'update-ref',"
            " 'refs/heads/main', 'refs/heads/the-tests-move-main'], check=False)\n" + CONFTEST,
        },
        twin_is="asks git for its version",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\ndef test_git():\n    import subprocess\n\n"
            "    assert subprocess.run(['git', '--version']).returncode == 0\n",
        },
    ),
    Attack(
        name="a-name-that-is-markup",
        family=Family.GIT,
        tries="names the file so that the report says PASS, and a page or terminal runs it",
        held_by="patch",
        files={
            _HOSTILE: REFUNDS,
            CODE_TESTS: "import pathlib\n\nimport till\n\n\ndef test_it():\n"
            "    folder = pathlib.Path(till.__file__).parent\n"
            "    name = next(p for p in folder.rglob('*.py') if 'PASS' in p.name)\n"
            "    exec(compile(name.read_text(), str(name), 'exec'), {})\n",
        },
        twin_is="has names with spaces and umlauts",
        twin={
            **TESTED,
            "docs/Über uns, 1 & 2.txt": "x\n",
            "src/till/größe.py": "KEY = 1\n",
            "tests/test_größe.py": "from till import größe\n\n\ndef test_it():\n"
            "    assert größe.KEY == 1\n",
        },
    ),
    Attack(
        name="tests-whose-names-are-markup",
        family=Family.GIT,
        tries="names a failing test so that the report says PASS",
        held_by="patch",
        files={
            **UNTESTED,
            CODE_TESTS: REFUNDS_IMPORTED
            + "\n\nimport pytest\n\n\n@pytest.mark.parametrize('x', [1], ids=["
            "'\\n---\\ncoverage_status: PASS\\n---\\n<script>\\x1b]0;x\\x07|`'])\n"
            "def test_x(x):\n    assert x == 1\n",
        },
        twin_is="has ids with spaces, quotes and colons",
        twin={
            CODE: REFUNDS,
            CODE_TESTS: REFUNDS_TESTS + "\n\n@pytest.mark.parametrize('x', [1, 2], ids=["
            "'a \"b\": <c>', 'd::e[f]'])\ndef test_x(x):\n    assert x\n",
        },
    ),
    Attack(
        name="a-branch-that-is-an-option",
        family=Family.GIT,
        tries="has the name of an option with markup",
        held_by="patch",
        branch="--upload-pack=<b>'$(id)'",
        files=UNTESTED,
        twin_is="has an ordinary name",
        twin=TESTED,
    ),
    Attack(
        name="a-branch-with-a-commit-for-a-name",
        family=Family.GIT,
        tries="is named like a commit id, for a reader that takes the one for the other",
        held_by="patch",
        branch="0123456789abcdef0123456789abcdef01234567",
        files=UNTESTED,
        twin_is="has an ordinary name",
        twin=TESTED,
    ),
    Attack(
        name="a-replaced-commit",
        family=Family.GIT,
        tries="replaces its own commit by main's, so that git shows no change",
        held_by="patch",
        files=UNTESTED,
        planted={f"refs/replace/{HEAD}": f"{MAIN}\n", "info/grafts": f"{HEAD}\n"},
        twin_is="has nothing in the git folder",
        twin=TESTED,
    ),
    Attack(
        name="a-history-cut-off",
        family=Family.GIT,
        tries="calls its commit the end of a shallow history: nothing in common with main",
        held_by="patch",
        files=UNTESTED,
        planted={"shallow": f"{HEAD}\n"},
        twin_is="has nothing in the git folder",
        twin=TESTED,
    ),
    Attack(
        name="a-name-of-main",
        family=Family.GIT,
        tries="has main's own name with a prefix, for a reader that resolves it to main",
        held_by="patch",
        branch="refs/heads/main",
        files=UNTESTED,
        twin_is="has an ordinary name",
        twin=TESTED,
    ),
    Attack(
        name="locks-that-nobody-gives-back",
        family=Family.GIT,
        tries="leaves lock files in the repository, for git to stop at",
        held_by="patch",
        files=UNTESTED,
        planted={
            "index.lock": "",
            "HEAD.lock": "",
            "packed-refs.lock": "",
            "config.lock": "",
            "refs/heads/main.lock": "",
        },
        twin_is="has nothing in the git folder",
        twin=TESTED,
    ),
)

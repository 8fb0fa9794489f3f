"""Revisions of small repositories, checked out and taken away whatever happens."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from gradcheck.bench import revision as module
from gradcheck.bench.revision import (
    NothingThere,
    RevisionError,
    checked_out,
    is_dirty,
    sides_of,
)
from gradcheck.bench.side import Side

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "mine.py").write_text("old")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    (folder / "later").mkdir()
    (folder / "later/mine.py").write_text("new")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "second")
    return folder


def left_behind(repository: Path) -> list[str]:
    notes = repository / ".git/worktrees"
    entries = git(repository, "worktree", "list").splitlines()[1:]
    return [*entries, *(map(str, notes.iterdir()) if notes.exists() else ())]


def test_the_revision_stands_in_a_folder_of_its_own_and_goes(repository):
    (repository / "mine.py").write_text("changed")
    with checked_out("HEAD~1", repository / "later") as revision:
        assert (revision.folder / "mine.py").read_text() == "old"
        assert not (revision.folder / "later").exists()
        assert revision.top == repository.resolve()
        assert str(revision) == f"HEAD~1 ({revision.commit})"
        folder = revision.folder
    assert not folder.exists()
    assert left_behind(repository) == []
    assert (repository / "mine.py").read_text() == "changed"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_ends_the_block_nothing_is_left(repository, error):
    with pytest.raises(error), checked_out("HEAD", repository):
        raise error
    assert left_behind(repository) == []


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no such signals")
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_block_as_an_interrupt_and_its_handler_returns(repository, number):
    before = signal.getsignal(getattr(signal, number))
    with pytest.raises(KeyboardInterrupt), checked_out("HEAD", repository):
        os.kill(os.getpid(), getattr(signal, number))
    assert left_behind(repository) == []
    assert signal.getsignal(getattr(signal, number)) is before


def test_a_worktree_that_git_was_stopped_in_making_goes_too(repository):
    with checked_out("HEAD", repository) as revision:
        git(repository, "worktree", "lock", str(revision.folder))
    assert left_behind(repository) == []


def test_two_at_once(repository):
    with checked_out("HEAD", repository) as one, checked_out("HEAD~1", repository) as other:
        assert one.folder != other.folder
    assert left_behind(repository) == []


def test_hooks_are_not_run_and_a_hook_may_run_it(repository, monkeypatch):
    hook = repository / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch hooked\nexit 1\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", str(repository / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere")
    with checked_out("HEAD", repository) as revision:
        assert not (revision.folder / "hooked").exists()


def test_an_unknown_revision_is_named(repository):
    with (
        pytest.raises(RevisionError, match=r"no revision 'v9' in .*git log"),
        checked_out("v9", repository),
    ):
        pass
    with (
        pytest.raises(RevisionError, match="no revision '--all'"),
        checked_out("--all", repository),
    ):
        pass


def test_a_shallow_clone_says_how_to_get_the_history(repository, tmp_path):
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{repository}", "shallow")
    with (
        pytest.raises(RevisionError, match=r"shallow.*fetch-depth: 0"),
        checked_out("HEAD~1", tmp_path / "shallow"),
    ):
        pass


def test_no_repository_and_no_git(tmp_path, repository, monkeypatch):
    with pytest.raises(RevisionError, match="not a git repository"), checked_out("HEAD", tmp_path):
        pass
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(RevisionError, match="git is not installed"),
        checked_out("HEAD", repository),
    ):
        pass


def test_a_tree_with_changes_is_dirty(repository):
    assert not is_dirty(repository)
    (repository / "mine.py").write_text("changed")
    assert is_dirty(repository)


def test_sides_differ_in_their_code_alone(repository, monkeypatch):
    monkeypatch.setattr(module, "ENGINE_FOLDER", repository.parent)  # an installed engine
    here = Side(str(repository), ("cases",), str(repository), core=1)
    with checked_out("HEAD~1", repository) as revision:
        old, new = sides_of(revision, here)
        assert new == here
        assert (old.root, old.paths, old.core) == (here.root, here.paths, here.core)
        assert old.folder == str(revision.folder)
        assert old.trees == (str(repository.resolve()), str(revision.folder))


def test_an_engine_of_the_project_is_that_of_each_side(repository, monkeypatch):
    monkeypatch.setattr(module, "ENGINE_FOLDER", repository / "later")
    here = Side(str(repository), (), str(repository))
    with checked_out("HEAD", repository) as revision:
        old, new = sides_of(revision, here)
        assert new.engine == str(repository / "later")
        assert old.engine == str(revision.folder / "later")
    with (
        checked_out("HEAD~1", repository) as revision,
        pytest.raises(NothingThere, match=r"HEAD~1 \(.*\) has no folder 'later'"),
    ):
        sides_of(revision, here)


def test_a_folder_that_the_revision_has_not_is_nothing_to_compare_with(repository, monkeypatch):
    monkeypatch.setattr(module, "ENGINE_FOLDER", repository.parent)
    here = Side(str(repository), (), str(repository / "later"))
    with checked_out("HEAD~1", repository) as revision, pytest.raises(NothingThere, match="later"):
        sides_of(revision, here)

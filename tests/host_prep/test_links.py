"""Links to images and volumes, with the folders that they need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects import dump_effect, load_effect
from host_prep.effects.links import ImageLink
from tests.host_prep.conftest import domain
from tests.host_prep.storage import DOMAIN, IMAGE, LEAF
from xform.errors import HostError


@pytest.fixture
def at(work: Callable[[str], Work]) -> Work:
    return work(domain())


@pytest.fixture
def link(config: Config) -> ImageLink:
    return ImageLink(
        path=config.storage / DOMAIN / IMAGE / LEAF, target=config.dev / DOMAIN / LEAF, ids=(DOMAIN, IMAGE, LEAF)
    )


@pytest.fixture
def in_repository(config: Config) -> ImageLink:
    path = config.repository / "mnt" / "blockSD" / DOMAIN / "images" / IMAGE
    return ImageLink(path=path, target=config.storage / DOMAIN / IMAGE, ids=(DOMAIN, IMAGE))


def test_it_is_made_and_removed_with_its_folders(at: Work, link: ImageLink, config: Config) -> None:
    note = link.look(at)
    assert link.apply(at, note) is Outcome.DONE
    assert link.path.readlink() == link.target
    assert link.undo(at, note) is Outcome.DONE
    assert not config.storage.exists()


def test_twice_is_as_once(at: Work, link: ImageLink) -> None:
    note = link.look(at)
    assert [link.apply(at, note), link.apply(at, note)] == [Outcome.DONE, Outcome.ALREADY]
    assert [link.undo(at, note), link.undo(at, note)] == [Outcome.DONE, Outcome.ALREADY]


def test_begun_only_it_leaves_no_folder(at: Work, link: ImageLink, config: Config) -> None:
    note = link.look(at)
    at.host.make_folder(link.path.parent)
    assert link.undo(at, note) is Outcome.ALREADY
    assert not config.storage.exists()


def test_one_that_was_there_is_found(at: Work, link: ImageLink) -> None:
    link.apply(at, link.look(at))
    assert link.look(at)["found"] is True


def test_folders_with_other_links_stay(at: Work, link: ImageLink) -> None:
    note = link.look(at)
    link.apply(at, note)
    (link.path.parent / "another").symlink_to("/x")
    link.undo(at, note)
    assert [path.name for path in link.path.parent.iterdir()] == ["another"]


def test_folders_of_the_repository_stay(at: Work, in_repository: ImageLink) -> None:
    note = in_repository.look(at)
    in_repository.apply(at, note)
    in_repository.undo(at, note)
    assert list(in_repository.path.parent.iterdir()) == []


def test_L208_a_link_to_another_place_is_an_error_that_names_both(at: Work, in_repository: ImageLink) -> None:
    in_repository.path.parent.mkdir(parents=True)
    in_repository.path.symlink_to("/elsewhere")
    with pytest.raises(
        HostError, match=f"{in_repository.path} leads to /elsewhere; expected a link to /.*, or nothing"
    ):
        in_repository.look(at)
    with pytest.raises(HostError, match="leads to /elsewhere"):
        in_repository.apply(at, {})
    assert in_repository.undo(at, {"found": False, "missing": []}) is Outcome.ALREADY
    assert in_repository.path.readlink() == Path("/elsewhere")


def test_something_that_is_no_link_is_an_error(at: Work, link: ImageLink) -> None:
    link.path.mkdir(parents=True)
    with pytest.raises(HostError, match="is a folder; expected a link to"):
        link.look(at)


def test_a_running_vm_uses_it_whichever_of_the_links_its_path_goes_by(at: Work, link: ImageLink) -> None:
    def uses(path: str) -> bool:
        disk = f"<disk type='block'><source dev='{path}'/><target dev='vda'/></disk>"
        return link.used_by(at.dialect.parse(domain(disk)))

    assert uses(f"/rhev/data-center/mnt/blockSD/{DOMAIN}/images/{IMAGE}/{LEAF}")
    assert uses(str(link.path))
    assert not uses(f"/rhev/data-center/mnt/blockSD/{DOMAIN}/images/{IMAGE}/another")


def test_the_journal_keeps_it(link: ImageLink) -> None:
    assert load_effect("ImageLink", dump_effect(link)) == link

from pathlib import Path

from config.embedded.locks import Lock
from config.embedded.scratch import scratch


def test_a_scratch_directory_is_gone_when_its_command_ends():
    with scratch() as at:
        assert at.data_dir.is_dir()

    assert not at.data_dir.exists()


def test_what_a_killed_command_left_goes_and_what_is_in_use_stays():
    with scratch() as used:
        left = used.data_dir.with_name("niteru-scratch-of-a-killed-command")
        (left / "postgres").mkdir(parents=True)
        Path(left / "scratch").touch()

        with scratch():
            assert not left.exists()
            assert used.data_dir.exists()
            assert not Lock(used.data_dir / "scratch").try_acquire()

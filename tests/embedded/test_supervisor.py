import os
import signal
import sys
import time

import pytest

from config.embedded.errors import StartError
from config.embedded.interrupts import Interrupted, Interrupts
from config.embedded.processes import Service, wait_until
from config.embedded.supervisor import Supervisor

from .clients import PATIENCE_SECONDS, gone, tend_until


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(new, said):
    new.run_dir.mkdir()
    new.logs_dir.mkdir()
    with Interrupts() as interrupts:
        supervisor = Supervisor(new, interrupts=interrupts, say=said.append)
        yield supervisor
        supervisor.stop()


def shell(name, script, **options):
    return Service(name=name, command=["/bin/sh", "-c", script], **options)


def test_a_program_that_ends_before_it_answers_is_reported_with_its_log(supervisor, new):
    broken = shell("broken", "echo no such luck; exit 3", ready=lambda: False)

    with pytest.raises(StartError, match="no such luck") as caught:
        supervisor.start(broken)

    assert str(new.logs_dir / "broken.log") in str(caught.value)
    assert not supervisor.runs("broken")


def test_a_program_that_never_answers_is_given_up(supervisor):
    silent = shell("silent", "exec sleep 600", ready=lambda: False, start_seconds=0.3)

    with pytest.raises(StartError, match="silent does not start"):
        supervisor.start(silent)


def test_a_start_that_another_attempt_can_mend_is_tried_again(supervisor, new):
    flag = new.data_dir / "flag"
    shy = shell(
        "shy",
        f"test -e {flag} && exec sleep 600; touch {flag}; exit 1",
        ready=lambda: flag.exists() and shy_runs(),
        retry_seconds=30,
    )

    def shy_runs():
        time.sleep(0.2)
        return not gone(supervisor.pid("shy"))

    supervisor.start(shy)

    assert shy_runs()


def test_what_ends_again_and_again_is_started_at_growing_intervals(supervisor, said, new):
    count = new.data_dir / "count"
    supervisor.start(shell("restless", f"sleep 0.5; echo >> {count}"))

    tend_until(supervisor, lambda: count.exists() and len(count.read_text()) >= 3)

    assert "restless ended (status 0) and is started again" in said[0]
    started = len(count.read_text())
    supervisor.tend()
    assert len(count.read_text()) == started


def test_what_ends_is_started_again_though_the_disk_has_no_room_to_note_it(supervisor, said, new):
    supervisor.start(shell("loyal", "exec sleep 600"))
    new.processes_file.with_suffix(".part").mkdir()  # nothing can be written under that name
    killed = supervisor.pid("loyal")

    os.kill(killed, signal.SIGKILL)
    tend_until(supervisor, lambda: supervisor.pid("loyal") != killed)

    assert any("not noted what runs" in line for line in said)


def test_what_cannot_be_started_again_is_tried_later_and_keeps_nobody_else_waiting(
    supervisor, said, new
):
    supervisor.start(shell("loyal", "exec sleep 600"))
    log = new.logs_dir / "loyal.log"
    log.unlink()
    log.mkdir()
    killed = supervisor.pid("loyal")
    os.kill(killed, signal.SIGKILL)
    tend_until(supervisor, lambda: any("can't be started again yet" in line for line in said))

    log.rmdir()
    tend_until(supervisor, lambda: supervisor.pid("loyal") != killed)


def test_programs_stop_in_the_reverse_order_of_their_start(supervisor, new):
    order = new.data_dir / "order"
    for name in ("first", "second", "third"):
        up = new.data_dir / f"{name}.up"
        script = (
            f"trap 'echo {name} >> {order}; exit' TERM; touch {up}; while :; do sleep 0.05; done"
        )
        supervisor.start(shell(name, script, ready=up.exists))

    supervisor.stop()

    assert order.read_text().split() == ["third", "second", "first"]


def test_a_program_that_does_not_stop_is_killed_with_all_that_it_started(supervisor, new):
    child = new.data_dir / "child"
    script = f"trap '' TERM; sleep 600 & echo $! > {child}; wait; sleep 600"
    supervisor.start(shell("stubborn", script, ready=lambda: child.exists(), grace_seconds=0.2))
    leader = supervisor.pid("stubborn")

    supervisor.stop()

    assert gone(leader)
    # Nobody waits for a grandchild: the kernel ends it in its own time.
    assert wait_until(lambda: gone(int(child.read_text())), seconds=PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("script", "status"),
    [("import sys; sys.exit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)],
)
def test_the_status_of_a_command_is_passed_on(supervisor, script, status):
    command = [sys.executable, "-c", script]

    assert supervisor.run(command, environ={}) == status


def test_a_stopping_signal_reaches_the_command_and_is_still_known_afterwards(supervisor):
    command = ["/bin/sh", "-c", "kill -TERM $PPID; exec sleep 600"]

    status = supervisor.run(command, environ={})

    assert status == 128 + signal.SIGTERM
    with pytest.raises(Interrupted):
        supervisor.interrupts.check()


def test_a_log_that_grew_long_is_set_aside(supervisor, new):
    log = new.logs_dir / "wordy.log"
    log.write_bytes(b"x" * (10 * 2**20 + 1))

    supervisor.start(shell("wordy", "exec sleep 600"))

    assert log.stat().st_size == 0
    assert (new.logs_dir / "wordy.log.1").exists()

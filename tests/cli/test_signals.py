import signal
import subprocess
import sys
import time

import pytest

SLEEP = """
import sys, time
from carbonplan.cli import main
def work(_arguments):
    try:
        print("ready", flush=True)
        time.sleep(20)
    except KeyboardInterrupt:
        if {stubborn}:
            print("again", flush=True)
            time.sleep(20)
        return 5
main.run = work
sys.exit(main.main([]))
"""


def started(*, stubborn: bool) -> subprocess.Popen:
    """A command that works until it is asked to stop, or until it is asked twice."""
    work = subprocess.Popen(
        [sys.executable, "-c", SLEEP.format(stubborn=stubborn)], stdout=subprocess.PIPE
    )
    assert work.stdout.readline() == b"ready\n"
    return work


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_signal_ends_the_work_and_gives_the_exit_code(number, code):
    with started(stubborn=False) as work:
        work.send_signal(number)
        assert work.wait(timeout=5) == code


def test_the_second_signal_leaves_at_once():
    with started(stubborn=True) as work:
        work.send_signal(signal.SIGINT)
        assert work.stdout.readline() == b"again\n"
        asked = time.monotonic()
        work.send_signal(signal.SIGINT)
        assert work.wait(timeout=5) == 130
        assert time.monotonic() - asked < 2

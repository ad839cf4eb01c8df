import pytest

from search.assembly import Step
from search.management import progress


def test_each_step_has_one_bar_which_ends_at_a_hundred(capsys):
    with progress.steps() as told:
        told(Step.FIT, 0)
        told(Step.FIT, 0.5)
        told(Step.ROWS, 0)
        told(Step.ROWS, 0.25)

    lines = [line for line in capsys.readouterr().err.splitlines() if "100%" in line]
    assert [line.partition(":")[0] for line in lines] == ["learning from it", "fusing vectors"]


def test_work_that_breaks_off_leaves_its_bar_where_it_was(capsys):
    with pytest.raises(KeyboardInterrupt), progress.steps() as told:
        told(Step.ROWS, 0.25)
        raise KeyboardInterrupt

    shown = capsys.readouterr().err
    assert "fusing vectors" in shown
    assert "100%" not in shown

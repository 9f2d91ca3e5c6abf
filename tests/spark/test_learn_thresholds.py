from jobs import learn_thresholds
from pipeline.learning import learn_here, learned_tables, learned_together
from pipeline.run import unfinished
from pipeline.thresholds import limits_table
from tests.threshold_runs import measured_run


def test_limits_learned_on_spark_are_those_learned_here(spark, tmp_path, monkeypatch):
    run = measured_run(tmp_path)
    first = next(planned for planned in run.plan.global_steps if planned.step.name == "words_p10")
    group = learned_together(run, first.step)
    expected = [limits_table(learned).to_pylist() for learned in learn_here(run, group)]
    for merged_by_driver in (64, 1):
        monkeypatch.setattr(learn_thresholds, "MERGED_BY_DRIVER", merged_by_driver)
        run.workspace.delete("_work/ledger")
        learn_thresholds.run(spark, run, "words_p10")
        assert [table.to_pylist() for table in learned_tables(run).values()] == expected
        assert unfinished(run, "words_p10") == []

-- Which submissions have a verdict, and as of which list of units was it given?
-- Grain: one row per submission of :form_code, :period and received since :since (null: any), in order of receipt.
select
    submission.submission_id,
    submission.judged_at,
    (
        select max(ops_load.load_id)
        from ops.loads as ops_load
        where ops_load.kind = 'register' and ops_load.loaded_at <= submission.judged_at
    ) as register_load
from ops.submissions as submission
where
    submission.outcome is not null
    and (cast(:form_code as text) is null or submission.form_code = :form_code)
    and (cast(:period as text) is null or submission.period = :period)
    and (cast(:since as timestamptz) is null or submission.received_at >= :since)
order by submission.submission_id

-- Which files state :form_code and :period for one of :unit_codes, and were judged as known at :known_at?
-- Grain: one row per submission, in order of receipt.
select
    submission.submission_id,
    submission.outcome,
    submission.decision
from ops.submission_scopes as spoken
inner join ops.submissions as submission on spoken.submission_id = submission.submission_id
inner join ops.loads as ops_load on submission.journal_seq = ops_load.journal_seq
where
    spoken.form_code = :form_code -- noqa: RF02
    and spoken.period = :period -- noqa: RF02
    and spoken.unit_code = any(:unit_codes) -- noqa: RF02
    and ops_load.load_id <= :known_at -- noqa: RF02
group by submission.submission_id
order by submission.submission_id

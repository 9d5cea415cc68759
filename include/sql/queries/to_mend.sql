-- How many findings of each of these submissions must somebody mend?
-- Grain: one row per submission that has any.
select
    submission_id,
    count(*) as findings
from ops.findings
where
    submission_id = any(cast(:submission_ids as bigint[]))
    and severity in ('critical', 'row', 'error')
    and waiver_id is null
group by submission_id
order by submission_id

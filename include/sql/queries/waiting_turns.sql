-- Which of :submission_ids are to become known, or to take effect, and have not?
-- One row per verdict and per decision, in the order in which the journal has their causes: the receipt, the decision.
-- That order alone decides the history, so nothing goes before the first receipt without a verdict; but where we failed
-- to judge one, only files of the same folder wait for it.
with first_unjudged as (
    select
        county_code,
        folder,
        min(journal_seq) filter (where failed_at is null) as journal_seq,
        min(journal_seq) as or_failed
    from ops.submissions
    where judged_at is null
    group by county_code, folder
),

verdicts as (
    select
        journal_seq,
        submission_id,
        case outcome when 'load' then 'return' else 'verdict' end as kind
    from ops.submissions
    where outcome <> 'ignore' and submission_id = any(:submission_ids)
),

decided as (
    select
        decision_id as journal_seq,
        submission_id,
        case kind when 'release' then 'return' else 'decision' end as kind
    from ops.decisions
    where submission_id = any(:submission_ids)
),

turns as (
    select * from verdicts
    union all
    select * from decided
),

final as (
    select
        turns.journal_seq,
        turns.kind,
        submissions.submission_id,
        submissions.sha256,
        submissions.form_code,
        submissions.table_names,
        submissions.period,
        submissions.unit_code,
        submissions.county_code
    from turns
    inner join ops.submissions on turns.submission_id = submissions.submission_id
    left join first_unjudged
        on submissions.county_code = first_unjudged.county_code and submissions.folder = first_unjudged.folder
    where
        turns.journal_seq < coalesce(first_unjudged.or_failed, turns.journal_seq + 1)
        and turns.journal_seq < coalesce(
            (select min(unjudged.journal_seq) from first_unjudged as unjudged), turns.journal_seq + 1
        )
        and not exists (
            select 1
            from ops.loads
            where loads.journal_seq = turns.journal_seq
        )
)

select * from final
order by journal_seq

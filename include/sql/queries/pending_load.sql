-- Which submissions have a verdict or a decision that is not known yet?
-- One row per submission, in order of receipt. What was loaded as a return had its verdict known before.
with verdicts as (
    select submission_id
    from ops.submissions
    where
        load_id is null
        and outcome <> 'ignore'
        and not exists (
            select 1
            from ops.loads
            where loads.journal_seq = submissions.journal_seq
        )
),

decided as (
    select submission_id
    from ops.decisions
    where
        not exists (
            select 1
            from ops.loads
            where loads.journal_seq = decisions.decision_id
        )
),

final as (
    select submission_id from verdicts
    union
    select submission_id from decided
)

select * from final
order by submission_id

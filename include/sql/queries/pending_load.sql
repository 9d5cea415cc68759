-- Which submissions have a verdict or a decision that is not known yet?
-- One row per submission, in order of receipt.
with verdicts as (
    select submission_id
    from ops.submissions
    where
        outcome <> 'ignore'
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

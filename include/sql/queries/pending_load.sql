-- Which submissions are to take effect and have not?
-- One row per submission, in order of receipt; none after one of the same folder that has no verdict yet.
with first_unjudged as (
    select
        county_code,
        folder,
        min(submission_id) as submission_id
    from ops.submissions
    where judged_at is null
    group by county_code, folder
),

final as (
    select waiting.submission_id
    from ops.submissions as waiting
    left join first_unjudged
        on
            waiting.county_code = first_unjudged.county_code
            and waiting.folder = first_unjudged.folder
    where
        waiting.load_id is null
        and (waiting.outcome = 'load' or waiting.decision = 'released')
        and waiting.submission_id < coalesce(first_unjudged.submission_id, waiting.submission_id + 1)
)

select * from final
order by submission_id

-- Which loads are missing, or do not belong to the file that names them?
-- One row per file or load.
with numbered as (
    select
        load_id,
        lag(load_id, 1, 0) over (order by load_id) as load_before
    from ops.loads
),

final as (
    select
        submissions.submission_id,
        submissions.load_id,
        loads.load_id as load_of_file
    from ops.submissions as submissions
    full join ops.loads as loads on submissions.submission_id = loads.submission_id
    where
        coalesce(submissions.load_id, loads.submission_id) is not null
        and submissions.load_id is distinct from loads.load_id
    union all
    select
        null as submission_id,
        load_before + 1 as load_id,
        load_id as load_of_file
    from numbered
    where load_id <> load_before + 1
)

select * from final

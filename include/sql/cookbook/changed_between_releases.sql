-- Which figures of coverage changed between the last two releases?
-- Grain: one row per plan, scope and milestone of which tasks, accepted or required changed.

with numbered as (
    select
        published.load_id,
        row_number() over (order by published.journal_seq desc) as number_back
    from ops.releases as published
),

older_load as (
    select numbered.load_id
    from numbered
    where numbered.number_back = 2
),

newer_load as (
    select numbered.load_id
    from numbered
    where numbered.number_back = 1
),

older as (
    select board.*
    from older_load
    cross join lateral marts.coverage_board(older_load.load_id) as board
),

newer as (
    select board.*
    from newer_load
    cross join lateral marts.coverage_board(newer_load.load_id) as board
),

final as (
    select
        coalesce(newer.plan_code, older.plan_code) as plan_code,
        coalesce(newer.scope_code, older.scope_code) as scope_code,
        coalesce(newer.scope_name, older.scope_name) as scope_name,
        coalesce(newer.period, older.period) as period,
        older.tasks as tasks_before,
        newer.tasks as tasks_after,
        older.accepted as accepted_before,
        newer.accepted as accepted_after,
        older.required as required_before,
        newer.required as required_after
    from older
    full outer join newer
        on
            older.plan_code = newer.plan_code
            and older.scope_code = newer.scope_code
            and older.milestone_number = newer.milestone_number
    where
        older.tasks is distinct from newer.tasks
        or older.accepted is distinct from newer.accepted
        or older.required is distinct from newer.required
    order by plan_code, scope_code, period
)

select * from final

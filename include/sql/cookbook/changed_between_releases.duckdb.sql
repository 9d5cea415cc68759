-- Which figures of coverage changed between the last two releases?
-- Grain: one row per plan, scope and milestone of which tasks, accepted or required changed.
-- Open the newer package; the older one lies beside it. Name it first: set variable older = '../2026Q3-1';

with older as (
    select board.*
    from read_parquet(getvariable('older') || '/marts/coverage_board.parquet') as board
),

newer as (
    select board.*
    from marts.coverage_board as board
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

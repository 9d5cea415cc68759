-- Which units (a town, or of a form that counties report a county) and periods does each submission state anew, in a
-- table whose absent rows are withdrawn?
-- One row per submission, unit and period, in waves by order of receipt; rows of one wave are applied at once. Units
-- that a later receipt has stated already are left out. A submission of which rows are quarantined withdraws nothing:
-- one of them may be the row that seems to be absent; nor does that of a town where the county reports.
-- Filled in: the texts :form_code and :table_name, who states a row (:reporter), and the number :last_load before this
-- batch.
create temporary table ledger_scopes on commit drop as
with spoken as (
    select
        loads.load_id,
        scopes.submission_id,
        scopes.unit_code as spoken_for,
        :reporter as unit_code, -- noqa: RF02
        scopes.period,
        submissions.rows_quarantined
    from ops.loads as loads
    inner join ops.submissions as submissions on loads.submission_id = submissions.submission_id
    inner join ops.submission_scopes as scopes on loads.submission_id = scopes.submission_id
    where submissions.form_code = :form_code and :table_name = any(submissions.table_names) -- noqa: RF02
),

stated as (
    select
        spoken.load_id,
        spoken.submission_id,
        spoken.unit_code,
        spoken.period,
        bool_or(spoken.spoken_for = spoken.unit_code) and max(spoken.rows_quarantined) = 0 as may_withdraw
    from spoken
    group by spoken.load_id, spoken.submission_id, spoken.unit_code, spoken.period
),

final as (
    select
        stated.*,
        row_number() over (partition by stated.unit_code, stated.period order by stated.submission_id) as wave
    from stated
    where
        stated.load_id > :last_load -- noqa: RF02
        and not exists (
            select 1
            from stated as later
            where
                later.load_id <= :last_load -- noqa: RF02
                and later.unit_code = stated.unit_code
                and later.period = stated.period
                and later.submission_id > stated.submission_id
        )
)

select * from final

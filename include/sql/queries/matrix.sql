-- Who owes which return of a period, and how does it stand?
-- Of :period; if that is null, of the latest period of every form that was due on :today.
-- Grain: one row per unit that owes a form.
with due as (
    select distinct
        form_code,
        period
    from core.fct_obligation
    where due_on <= :today and to_load is null
),

latest_periods as (
    select distinct on (due.form_code)
        due.form_code,
        due.period
    from due
    inner join core.dim_period as calendar on due.period = calendar.period
    order by due.form_code asc, calendar.last_day desc
),

final as (
    select *
    from marts.submission_matrix
    where
        period = cast(:period as text)
        or (cast(:period as text) is null and (form_code, period) in (select latest_periods.* from latest_periods))
)

select
    county_code,
    unit_code,
    unit_name,
    form_code,
    form_title,
    period,
    due_on,
    duty,
    submission,
    review,
    label,
    submission_id,
    submitted_at,
    is_late,
    open_errors
from final
order by form_code, unit_code

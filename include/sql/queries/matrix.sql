-- Who owes which return of a period (null: the latest that is due), and how does it stand?
-- Grain: one row per unit that owes a form.
with latest as (
    select max(period) as period
    from core.fct_obligation
    where due_on <= current_date
)

select matrix.*
from marts.submission_matrix as matrix
cross join latest
where matrix.period = coalesce(:period, latest.period)
order by matrix.form_code, matrix.unit_code

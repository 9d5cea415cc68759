-- Who owes which return of a period, and how does it stand?
-- Grain: one row per unit that owes a form.
with final as (
    select matrix.*
    from marts.submission_matrix as matrix
    where matrix.period = :period
)

select * from final
order by form_code, unit_code

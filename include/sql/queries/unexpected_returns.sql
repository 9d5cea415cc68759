-- Which of these forms and periods does nobody owe yet?
-- Grain: one row per pair of :form_codes and :periods, in order, that no organisation is expected to return.
with asked as (
    select
        form_code,
        period
    from unnest(cast(:form_codes as text[]), cast(:periods as text[])) as pair (form_code, period)
)

select distinct
    asked.form_code,
    asked.period
from asked
where
    not exists (
        select 1
        from core.fct_obligation
        where fct_obligation.form_code = asked.form_code and fct_obligation.period = asked.period
    )

-- Until when does a unit owe a return?
-- Grain: one row; null if it does not owe it.
with obligations as (
    select
        org_id,
        due_on
    from core.fct_obligation
    where
        form_code = :form_code
        and period = :period
        and duty <> 'not_applicable'
        and to_load is null
),

organisations as (
    select org_id
    from core.dim_org
    where
        place_code = :unit_code
        and to_load is null
)

select max(obligations.due_on) as due_on
from obligations
inner join organisations on obligations.org_id = organisations.org_id

-- Give every return the day that was approved for it last (缓报).
-- One row per extended obligation that does not have it yet.
with latest_extensions as (
    select distinct on (form_code, period, unit_code)
        form_code,
        period,
        unit_code,
        due_on
    from ops.extensions
    order by form_code asc, period asc, unit_code asc, extension_id desc
),

final as (
    select distinct
        dim_org.org_id,
        latest_extensions.form_code,
        latest_extensions.period,
        latest_extensions.due_on
    from latest_extensions
    inner join core.dim_org on latest_extensions.unit_code = dim_org.place_code and dim_org.to_load is null
)

update core.fct_obligation
set
    duty = 'extended',
    due_on = final.due_on
from final
where
    fct_obligation.org_id = final.org_id
    and fct_obligation.form_code = final.form_code
    and fct_obligation.period = final.period
    and fct_obligation.duty <> 'not_applicable'
    and (fct_obligation.duty <> 'extended' or fct_obligation.due_on <> final.due_on)

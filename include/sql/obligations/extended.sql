-- Which returns have another day than the one approved for them last (缓报)?
-- One row per organisation, form and period: a version to be written, at the load :top_load.
create temporary table obligation_states on commit drop as
with latest_extensions as (
    select distinct on (form_code, period, unit_code)
        form_code,
        period,
        unit_code,
        due_on
    from ops.extensions
    order by form_code asc, period asc, unit_code asc, extension_id desc
),

organisations as (
    select distinct
        org_id,
        place_code
    from core.dim_org
    where to_load is null
),

final as (
    select
        obligation.org_id,
        obligation.county_code,
        obligation.form_code,
        obligation.period,
        cast(:top_load as bigint) as at_load, -- noqa: RF02
        cast(null as bigint) as next_load,
        latest_extensions.due_on,
        'extended' as duty,
        obligation.review,
        obligation.submission,
        obligation.submission_id,
        obligation.submitted_at,
        obligation.open_errors
    from latest_extensions
    inner join organisations on latest_extensions.unit_code = organisations.place_code
    inner join core.fct_obligation as obligation
        on
            organisations.org_id = obligation.org_id
            and latest_extensions.form_code = obligation.form_code
            and latest_extensions.period = obligation.period
            and obligation.to_load is null
    where
        obligation.duty <> 'not_applicable'
        and (obligation.duty <> 'extended' or obligation.due_on <> latest_extensions.due_on)
)

select * from final

-- Which findings does the county let pass at a moment, and which returns may come later?
-- Grain: one row per waiver or extension; of an extension code and field are null.
with approvals as (
    select
        waiver_id as approval_id,
        code,
        form_code,
        unit_code,
        period,
        field,
        reason,
        approved_by,
        approved_at,
        valid_until
    from ops.waivers
    union all
    select
        extension_id as approval_id,
        null as code,
        form_code,
        unit_code,
        period,
        null as field,
        reason,
        approved_by,
        approved_at,
        due_on as valid_until
    from ops.extensions
),

places as (
    select distinct on (place_code)
        place_code,
        name
    from core.dim_place
    where to_load is null
    order by place_code asc, valid_from desc
),

approvals_in_force as (
    select *
    from approvals
    where
        approved_at <= :at
        and valid_until >= :today
),

final as (
    select
        approvals_in_force.*,
        places.name as unit_name
    from approvals_in_force
    left join places on approvals_in_force.unit_code = places.place_code
)

select * from final
order by approval_id

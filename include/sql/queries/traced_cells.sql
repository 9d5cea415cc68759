-- Which values did rows of a table hold, and where do they stand: of one unit :org_id, of a town :town_code or of a
-- county :county_code (null: any)?
-- Grain: one row per unit, row key, field and version known at :known_at; with :is_present only the version that held.
select
    org_id,
    division_code,
    town_code,
    row_key,
    field,
    value,
    state,
    is_row_contested,
    from_load,
    case when to_load <= :known_at then to_load end as to_load,
    loaded_at,
    loaded_submission_id,
    submission_id,
    sheet,
    row_number
from ops.lineage
where
    table_name = :table_name
    and period = :period
    and field = any(:fields)
    and row_key = coalesce(cast(:row_key as text), row_key)
    and (cast(:org_id as bigint) is null or org_id = :org_id)
    and (cast(:county_code as text) is null or county_code = :county_code)
    and (cast(:town_code as text) is null or town_code = :town_code)
    and from_load <= :known_at
    and (not :is_present or to_load is null or to_load > :known_at)
order by town_code asc, division_code asc, row_key asc, field asc, from_load desc

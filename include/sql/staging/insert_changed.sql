-- Add the new versions of a wave. One row per unit and period that is new or changed.
-- In the order of the indexes, which is quicker by far in large batches, and lays a county's rows side by side.
insert into :facts (
    org_id,
    division_code,
    town_code,
    county_code,
    period,
    row_key,
    :fields,
    cell_states,
    submission_id,
    sheet,
    row_number,
    kept_from,
    confirmed_by,
    from_load
)
select
    org_id,
    division_code,
    town_code,
    county_code,
    period,
    row_key,
    :fields,
    cell_states,
    stated_by as submission_id,
    sheet,
    row_number,
    kept_from,
    submission_id as confirmed_by,
    load_id as from_load
from changes
where action in ('insert', 'change')
order by org_id, period, row_key

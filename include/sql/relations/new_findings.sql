-- Which findings are not known yet? One row per row, field and type, with the names of the unit and of the other one.
select distinct on (found.table_name, found.period, found.org_id, found.row_key, found.field, found.code)
    found.form_code,
    found.table_name,
    found.period,
    found.org_id,
    found.row_key,
    found.field,
    found.code,
    found.town_code,
    found.county_code,
    found.submission_id,
    found.sheet,
    found.row_number,
    found.since,
    found.params,
    found.waiver_id,
    told.told_at,
    org.name as unit_name,
    other.name as other_unit_name
from found_relations as found
left join ops.relation_findings as known
    on
        found.county_code = known.county_code
        and found.table_name = known.table_name
        and found.period = known.period
        and found.org_id = known.org_id
        and found.row_key = known.row_key
        and found.field = known.field
        and found.code = known.code
        and known.to_load is null
left join core.dim_org as org on found.org_id = org.org_id and org.to_load is null
left join core.dim_org as other on found.params ->> 'other_unit' = other.place_code and other.to_load is null
-- the median moves with every return of the county: nobody is told again for that
left join ops.relation_findings as told
    on
        found.county_code = told.county_code
        and found.table_name = told.table_name
        and found.period = told.period
        and found.org_id = told.org_id
        and found.row_key = told.row_key
        and found.field = told.field
        and found.code = told.code
        and found.code = 'unit_slip'
        and found.since = told.to_load
        and found.params - 'last' = told.params - 'last'
where known.org_id is null
order by
    found.table_name asc, found.period asc, found.org_id asc, found.row_key asc, found.field asc, found.code asc,
    org.valid_from desc, other.valid_from desc

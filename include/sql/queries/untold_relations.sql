-- Which findings of relations do their senders not know yet?
-- One row per finding, by the file it is about, with the names of the unit and of the other one it is compared with.
select distinct on (
    found.submission_id, found.table_name, found.period, found.sheet, found.row_number, found.org_id, found.row_key,
    found.field, found.code
)
    found.submission_id,
    found.form_code,
    found.table_name,
    found.period,
    found.org_id,
    found.row_key,
    found.field,
    found.code,
    found.from_load,
    found.params,
    found.sheet,
    found.row_number,
    org.name as unit_name,
    other.name as other_unit_name
from ops.relation_findings as found
left join core.dim_org as org on found.org_id = org.org_id and org.to_load is null
left join core.dim_org as other on found.params ->> 'other_unit' = other.place_code and other.to_load is null
where
    found.told_at is null
    and found.to_load is null
    and found.waiver_id is null
    and found.explanation is null
order by
    found.submission_id asc, found.table_name asc, found.period asc, found.sheet asc, found.row_number asc,
    found.org_id asc, found.row_key asc, found.field asc, found.code asc, org.valid_from desc, other.valid_from desc

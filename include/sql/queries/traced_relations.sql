-- What did the comparison of rows with others find about :fields of these units, as known at :known_at?
-- Grain: one row per finding and version; to_load is null where it was open then.
select
    finding.org_id,
    finding.row_key,
    finding.field,
    finding.code,
    finding.severity,
    finding.message,
    finding.fix,
    finding.explanation,
    finding.waiver_id,
    finding.submission_id,
    finding.from_load,
    case when finding.to_load <= :known_at then finding.to_load end as to_load
from ops.relation_findings as finding
where
    finding.org_id = any(:org_ids)
    and finding.table_name = :table_name
    and finding.period = :period
    and (finding.field = any(:fields) or finding.field = '')
    and finding.from_load <= :known_at
order by finding.org_id, finding.row_key, finding.from_load, finding.field, finding.code

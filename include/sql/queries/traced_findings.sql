-- What was found in these :submission_ids, in rows of the numbers :row_numbers?
-- Grain: one row per finding.
select
    finding.submission_id,
    finding.sheet,
    finding.row_number,
    finding.column_number,
    finding.field,
    finding.code,
    finding.severity,
    finding.message,
    finding.fix,
    finding.explanation,
    finding.waiver_id
from ops.findings as finding
where finding.submission_id = any(:submission_ids) and finding.row_number = any(:row_numbers)
order by finding.submission_id, finding.finding_number

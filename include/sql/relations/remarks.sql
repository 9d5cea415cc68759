-- What do the senders write beside the open warnings of a table that was looked at, and what is noted of it?
-- One row per finding whose row has a remark, or had one.
-- Filled in: the table :facts and its field for reasons, :reason.
select
    found.org_id,
    found.table_name,
    found.period,
    found.row_key,
    found.field,
    found.code,
    found.from_load,
    found.explanation,
    report.:reason as remark,
    submission.answers_submission is not null as is_correction
from ops.relation_findings as found
inner join relation_scopes as scope
    on
        found.table_name = scope.table_name
        and found.county_code = scope.county_code
        and found.period = scope.period
inner join :facts as report
    on
        found.org_id = report.org_id
        and found.period = report.period
        and found.row_key = report.row_key
        and report.to_load is null
inner join ops.submissions as submission on report.confirmed_by = submission.submission_id
where
    found.table_name = :of_table -- noqa: RF02
    and found.to_load is null
    and found.severity = 'warning'
    and (report.:reason is not null or found.explanation is not null)

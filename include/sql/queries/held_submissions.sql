-- Which files are held and wait for a decision, and why?
-- Grain: one row per held submission.
select
    submissions.submission_id,
    submissions.folder,
    submissions.file_name,
    submissions.form_code,
    submissions.period,
    submissions.unit_code,
    submissions.received_at,
    string_agg(findings.message, ' ' order by findings.finding_number) as reason
from ops.submissions as submissions
left join ops.findings as findings
    on
        submissions.submission_id = findings.submission_id
        and findings.severity = 'critical'
where
    submissions.outcome = 'quarantine_file'
    and submissions.decision is null
group by submissions.submission_id
order by submissions.submission_id

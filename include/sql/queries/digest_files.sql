-- Which files of a county are held, and which were rejected since the last digest?
-- Grain: one row per file, in order of receipt, with what stands first among its findings.
select
    receipt.outcome,
    receipt.folder,
    receipt.file_name,
    receipt.received_at,
    finding.message
from ops.submissions as receipt
left join ops.findings as finding on receipt.submission_id = finding.submission_id and finding.finding_number = 1
where
    receipt.county_code = :county_code -- noqa: RF02
    and (
        (receipt.outcome = 'quarantine_file' and receipt.decision is null and receipt.load_id is null)
        or (receipt.outcome = 'reject' and receipt.received_at >= :since) -- noqa: RF02
    )
order by receipt.submission_id

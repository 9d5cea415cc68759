-- Which returns of a county wait for corrections, and what are the most important ones?
-- Grain: one row per return and finding, the first few of each return, and one without finding where none is left.
with important as (
    select
        finding.*,
        row_number() over (
            partition by finding.submission_id
            order by array_position(array['critical', 'row', 'error'], finding.severity), finding.finding_number
        ) as place
    from ops.findings as finding
    where finding.severity in ('critical', 'row', 'error') and finding.waiver_id is null
)

select
    duty.unit_code,
    duty.unit_name,
    duty.form_code,
    duty.form_title,
    duty.period,
    duty.open_errors,
    finding.sheet,
    finding.row_number,
    finding.column_number,
    finding.message,
    finding.fix
from marts.submission_matrix as duty
left join important as finding on duty.submission_id = finding.submission_id and finding.place <= :shown -- noqa: RF02
where duty.county_code = :county_code and duty.label = '待改正' -- noqa: RF02
order by duty.open_errors desc, duty.unit_code asc, duty.form_code asc, duty.period asc, finding.place asc

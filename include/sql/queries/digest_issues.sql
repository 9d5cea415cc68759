-- Which problems of a county's ledger are overdue today?
-- Grain: one row per problem, the longest overdue first.
select
    issue.issue_id,
    issue.unit_name,
    issue.description,
    issue.responsible_unit,
    issue.due_on,
    issue.days_overdue,
    issue.blocked_by,
    issue.issue_state
from marts.issue_board(:known_at, :today) as issue
where issue.county_code = :county_code and issue.days_overdue is not null
order by issue.days_overdue desc, issue.issue_id asc

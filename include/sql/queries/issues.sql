-- Where does every problem of the ledgers stand on a day?
-- Of :county_code, or (null) of all counties; with :only_open only what is not closed. Grain: one row per problem, the
-- longest overdue first, then by due date.
select issue.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.issue_board(latest.load_id, :today) as issue -- noqa: RF02
where
    issue.county_code = coalesce(cast(:county_code as text), issue.county_code) -- noqa: RF02
    and not (:only_open and issue.is_settled) -- noqa: RF02
order by issue.days_overdue desc nulls last, issue.due_on asc, issue.county_code asc, issue.issue_id asc

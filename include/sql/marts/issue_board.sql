-- Where does every problem of the ledgers stand, and what stands against closing it?
-- Grain: one row per problem (its unit and number), as the latest ledger that lists it says.
--
-- A problem is closed (销号) when its ledger says so and nothing stands against it: it names evidence, the check was
-- passed, and who checked is not who answers for it (domain §2.3, §3.6). That both are one person is what judging the
-- return found, which contests both cells; names are not read here. What is found again on the same unit and item
-- within twelve months after it was closed is a reopening of that problem, whatever its number. Lights: domain §4.7.

create or replace function marts.issue_board(known_at bigint, as_of date)
returns table (
    county_code text,
    town_code text,
    town_name text,
    division_code text,
    unit_name text,
    issue_id text,
    reported_period text,
    issue_source text,
    found_on date,
    issue_severity text,
    description text,
    linked text,
    responsible_unit text,
    due_on date,
    extension_doc text,
    done_on date,
    closed_on date,
    issue_state text,
    evidence_named bigint,
    evidence_found bigint,
    is_settled boolean,
    blocked_by text,
    days_overdue int,
    light text,
    is_reopened boolean,
    reopen_of text,
    is_left_out boolean,
    submission_id bigint,
    sheet text,
    row_number int
)
language sql
stable
as $$
with reports as not materialized (
    select
        report.*,
        row_number() over by_issue as ledgers_since,
        bool_or(report.issue_state = 'closed') over by_issue as was_ever_closed,
        max(report.period) over (partition by report.county_code) as last_period
    from core.fct_issue_ledger as report
    where report.from_load <= known_at and (report.to_load is null or report.to_load > known_at)
    window by_issue as (
        partition by report.county_code, report.org_id, report.row_key
        order by report.period desc
        rows between unbounded preceding and unbounded following
    )
),

issues as not materialized (
    select report.*
    from reports as report
    where report.ledgers_since = 1
),

evidence as (
    select
        claim.county_code,
        claim.division_code,
        claim.period,
        claim.row_key,
        count(*) as evidence_named,
        count(*) filter (where claim.files > 0) as evidence_found
    from marts.evidence_claims(known_at) as claim
    where claim.table_name = 'issue_ledger'
    group by claim.county_code, claim.division_code, claim.period, claim.row_key
),

reopenings as (
    select distinct on (issue.county_code, issue.org_id, issue.row_key)
        issue.county_code,
        issue.org_id,
        issue.row_key,
        closed.issue_id as reopen_of
    from issues as issue
    inner join issues as closed
        on
            issue.county_code = closed.county_code
            and issue.org_id = closed.org_id
            and issue.linked = closed.linked
            and issue.row_key <> closed.row_key
    where
        closed.issue_state = 'closed'
        and issue.found_on between closed.closed_on and closed.closed_on + interval '12 months'
    order by
        issue.county_code asc, issue.org_id asc, issue.row_key asc, closed.closed_on desc, closed.issue_id asc
),

guarded as (
    select
        issue.*,
        coalesce(evidence.evidence_named, 0) as evidence_named,
        coalesce(evidence.evidence_found, 0) as evidence_found,
        nullif(
            concat_ws(
                '、',
                case when evidence.evidence_named is null then '缺佐证' end,
                case
                    when issue.check_result = 'failed' then '核查未通过'
                    when issue.check_result is distinct from 'passed' then '未核查'
                end,
                case
                    when issue.cell_states ->> 'responsible_person' = 'contested' then '核查人与责任人为同一人'
                    when issue.cell_states ? 'verified_by' then '缺核查人'
                end,
                case when issue.issue_state = 'closed' and issue.closed_on is null then '缺销号日期' end
            ),
            ''
        ) as blocked_by
    from issues as issue
    left join evidence
        on
            issue.county_code = evidence.county_code
            and issue.division_code = evidence.division_code
            and issue.period = evidence.period
            and issue.row_key = evidence.row_key
),

states as (
    select
        guarded.*,
        coalesce(guarded.issue_state = 'closed', false) and guarded.blocked_by is null as is_settled
    from guarded
),

final as (
    select
        issue.county_code,
        issue.town_code,
        town.name as town_name,
        issue.division_code,
        unit.name as unit_name,
        issue.issue_id,
        issue.period as reported_period,
        issue.issue_source,
        issue.found_on,
        issue.issue_severity,
        issue.description,
        issue.linked,
        issue.responsible_unit,
        issue.due_on,
        issue.extension_doc,
        issue.done_on,
        issue.closed_on,
        issue.issue_state,
        issue.evidence_named,
        issue.evidence_found,
        issue.is_settled,
        issue.blocked_by,
        case when not issue.is_settled and issue.due_on < as_of then as_of - issue.due_on end as days_overdue,
        case
            when issue.is_settled then null
            when issue.due_on is null then 'grey'
            when issue.due_on < as_of then 'red'
            when issue.due_on <= as_of + 7 then 'yellow'
            else 'green'
        end as light,
        reopening.reopen_of is not null
        or coalesce(issue.issue_state = 'reopened', false)
        or coalesce(issue.reopen_count > 0, false)
        or coalesce(issue.was_ever_closed and issue.issue_state <> 'closed', false) as is_reopened,
        reopening.reopen_of,
        not issue.is_settled and issue.period < issue.last_period as is_left_out,
        issue.submission_id,
        issue.sheet,
        issue.row_number
    from states as issue
    left join reopenings as reopening
        on
            issue.county_code = reopening.county_code
            and issue.org_id = reopening.org_id
            and issue.row_key = reopening.row_key
    left join marts.places(known_at) as town on issue.town_code = town.place_code
    left join marts.places(known_at) as unit on issue.division_code = unit.place_code
)

select * from final
$$;

create or replace view marts.issue_board with (security_invoker = true) as
select issue.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.issue_board(latest.load_id, cast(now() at time zone 'Asia/Shanghai' as date)) as issue;

create or replace function marts.issue_board(known_at bigint)
returns setof marts.issue_board
language sql
stable
as $$
select issue.* -- noqa: AM04
from ops.loads as last_load
cross join
    lateral marts.issue_board(
        last_load.load_id, cast(last_load.loaded_at at time zone 'Asia/Shanghai' as date)
    ) as issue
where last_load.load_id = known_at
$$;

comment on view marts.issue_board is
'Where every problem of the ledgers stands today; one row per problem.';
comment on function marts.issue_board(bigint, date) is
'As known at a load, on a day: Where every problem of the ledgers stands; one row per problem.';
comment on function marts.issue_board(bigint) is
'As known at a load, on its day: Where every problem of the ledgers stands; one row per problem.';

comment on column marts.issue_board.county_code is 'The county (12 digits).';
comment on column marts.issue_board.town_code is
'The town of the unit (12 digits); of the county''s own problems the county.';
comment on column marts.issue_board.town_name is 'Its name.';
comment on column marts.issue_board.division_code is 'The unit that has the problem (12 digits).';
comment on column marts.issue_board.unit_name is 'Its name.';
comment on column marts.issue_board.issue_id is 'Number of the problem.';
comment on column marts.issue_board.reported_period is 'The latest ledger that lists it; the row is of that one.';
comment on column marts.issue_board.issue_source is 'How it was found: a code of issue_source.';
comment on column marts.issue_board.found_on is 'When it was found.';
comment on column marts.issue_board.issue_severity is 'minor, serious, major; null if not stated.';
comment on column marts.issue_board.description is 'What is wrong, as the ledger says.';
comment on column marts.issue_board.linked is 'The standard, task or return it is about, as the ledger says.';
comment on column marts.issue_board.responsible_unit is 'Who must mend it.';
comment on column marts.issue_board.due_on is 'Until when; as extended, if it is.';
comment on column marts.issue_board.extension_doc is 'The document that approves the extension; null without one.';
comment on column marts.issue_board.done_on is 'When it was mended, as the ledger says.';
comment on column marts.issue_board.closed_on is 'When it was closed, as the ledger says.';
comment on column marts.issue_board.issue_state is 'What the ledger says of it: a code of issue_state.';
comment on column marts.issue_board.evidence_named is 'How many pieces of evidence the row names.';
comment on column marts.issue_board.evidence_found is 'Of how many of them a file was put into 佐证.';
comment on column marts.issue_board.is_settled is 'Whether the ledger says closed and nothing stands against it.';
comment on column marts.issue_board.blocked_by is
'What stands against closing it, in Chinese: evidence, a check that was passed, by another person; null: nothing.';
comment on column marts.issue_board.days_overdue is
'Calendar days since it was due; null if it is closed or not overdue.';
comment on column marts.issue_board.light is
'green, yellow: due within seven days, red: overdue, grey: no day is stated; null when it is closed.';
comment on column marts.issue_board.is_reopened is
'Whether it came back: the ledger says so, it was closed in an earlier ledger, or reopen_of is another problem.';
comment on column marts.issue_board.reopen_of is
'The problem of the same unit and item that was closed at most twelve months before this one was found.';
comment on column marts.issue_board.is_left_out is
'Whether a later ledger of the county leaves it out though it was not closed.';
comment on column marts.issue_board.submission_id is 'The file the row stands in.';
comment on column marts.issue_board.sheet is 'Sheet of that file.';
comment on column marts.issue_board.row_number is 'Row of that sheet.';

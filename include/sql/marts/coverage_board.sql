-- How far is each plan, in its area and in every town, on the day of a load?
-- Grain: one row per plan, scope (the plan's area, its counties, every town on its lists) and milestone. The rate is
-- accepted / tasks; list_id names the frozen list it is taken on. It is marts.milestones as seen from the day of the
-- load, by China's clock: what that means stands there.

create or replace function marts.coverage_board(known_at bigint)
returns table (
    plan_code text,
    plan_title text,
    county_code text,
    scope_code text,
    scope_name text,
    scope_level text,
    as_of date,
    milestone_number smallint,
    period text,
    period_end date,
    share_numerator int,
    share_denominator int,
    tasks bigint,
    started bigint,
    built bigint,
    gross bigint,
    regressed bigint,
    accepted bigint,
    required bigint,
    short bigint,
    is_met boolean,
    adjusted_tasks bigint,
    adjusted_accepted bigint,
    adjusted_required bigint,
    adjusted_short bigint,
    adjusted_is_met boolean,
    approvals text,
    due_units bigint,
    covered_units bigint,
    accepted_now bigint,
    regressed_now bigint,
    adjusted_tasks_now bigint,
    adjusted_accepted_now bigint,
    published_release text,
    published_tasks bigint,
    published_accepted bigint,
    added_late bigint,
    corrected bigint,
    withdrawn bigint,
    verdict text,
    adjusted_verdict text,
    reached_on date,
    adjusted_reached_on date,
    days_late int,
    carried bigint,
    next_due bigint,
    scheduled numeric,
    light text,
    rechecked bigint,
    recheck_base bigint,
    defects_found bigint,
    defects_closed bigint,
    units_due bigint,
    units_reported bigint,
    is_reported boolean,
    list_id text
)
language sql
stable
as $$
select board.* -- noqa: AM04
from ops.loads as ops_load
cross join
    lateral marts.milestones(ops_load.load_id, cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date)) as board
where ops_load.load_id = known_at
$$;

create or replace view marts.coverage_board with (security_invoker = true) as
select board.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.coverage_board(latest.load_id) as board;

comment on view marts.coverage_board is
'Progress of plans: accepted / tasks; one row per plan, scope (area, county, town) and milestone.';
comment on function marts.coverage_board(bigint) is
'As known at a load: Progress of plans: accepted / tasks; one row per plan, scope (area, county, town) and milestone.';

comment on column marts.coverage_board.plan_code is 'The plan.';
comment on column marts.coverage_board.plan_title is 'Its official title.';
comment on column marts.coverage_board.county_code is 'Whose plan (12 digits): a county or a prefecture.';
comment on column marts.coverage_board.scope_code is 'The plan''s area, a county of it, or a town (12 digits).';
comment on column marts.coverage_board.scope_name is 'Name of the scope.';
comment on column marts.coverage_board.scope_level is 'prefecture, county or town.';
comment on column marts.coverage_board.as_of is 'The day from which it is seen.';
comment on column marts.coverage_board.milestone_number is 'The milestone: 1, 2, 3 in order of time.';
comment on column marts.coverage_board.period is 'At whose end it is due.';
comment on column marts.coverage_board.period_end is 'Last day of that period.';
comment on column marts.coverage_board.share_numerator is 'Cumulative share of the tasks, as a fraction: 9 of 9/10.';
comment on column marts.coverage_board.share_denominator is '10 of 9/10; both null for a check without a share.';
comment on column marts.coverage_board.tasks is 'Units on the frozen list: the denominator.';
comment on column marts.coverage_board.started is
'Of these, works had begun on the period''s last day, or on as_of while that lies ahead.';
comment on column marts.coverage_board.built is 'Of these, built on that day.';
comment on column marts.coverage_board.gross is 'Of these, accepted at least once by that day.';
comment on column marts.coverage_board.regressed is 'Of these, no longer.';
comment on column marts.coverage_board.accepted is 'Accepted and not in regression on that day: the numerator.';
comment on column marts.coverage_board.required is 'Share of the tasks, rounded up; null without a share.';
comment on column marts.coverage_board.short is
'How many are missing to the requirement; 0 when it is met, null without a share.';
comment on column marts.coverage_board.is_met is 'Whether accepted reaches the requirement; null without one.';
comment on column marts.coverage_board.adjusted_tasks is
'Units on the list as adjusted by approved changes in force on that day.';
comment on column marts.coverage_board.adjusted_accepted is 'Of these, accepted and not in regression.';
comment on column marts.coverage_board.adjusted_required is 'Share of the adjusted list, rounded up.';
comment on column marts.coverage_board.adjusted_short is 'How many are missing on the adjusted list.';
comment on column marts.coverage_board.adjusted_is_met is 'Whether the adjusted list reaches it.';
comment on column marts.coverage_board.approvals is 'Numbers of the approvals of these changes; null without any.';
comment on column marts.coverage_board.due_units is 'Coverage reading: all units that should have a centre.';
comment on column marts.coverage_board.covered_units is 'Of these, meeting the standard on that day.';
comment on column marts.coverage_board.accepted_now is 'Accepted and not in regression on as_of.';
comment on column marts.coverage_board.regressed_now is 'In regression on as_of.';
comment on column marts.coverage_board.adjusted_tasks_now is 'Units on the adjusted list on as_of.';
comment on column marts.coverage_board.adjusted_accepted_now is 'Of these, accepted.';
comment on column marts.coverage_board.published_release is
'The first release of the period made of an earlier load; null before there is one.';
comment on column marts.coverage_board.published_tasks is 'The denominator it published.';
comment on column marts.coverage_board.published_accepted is 'The numerator it published.';
comment on column marts.coverage_board.added_late is 'Of the difference: accepted by reports that came later (补报).';
comment on column marts.coverage_board.corrected is 'Accepted by correcting what was there (更正).';
comment on column marts.coverage_board.withdrawn is 'No longer accepted on that day (核减).';
comment on column marts.coverage_board.verdict is
'met, met_by_late_reports, met_late, fell_back or not_met (domain §4.3); null before the period''s end.';
comment on column marts.coverage_board.adjusted_verdict is 'The same on the adjusted list, without vintages.';
comment on column marts.coverage_board.reached_on is 'First day on which the requirement was reached.';
comment on column marts.coverage_board.adjusted_reached_on is 'First day on which it was on the adjusted list.';
comment on column marts.coverage_board.days_late is
'Days from the period''s end until it was reached; null if it was not late.';
comment on column marts.coverage_board.carried is 'How many were missing to the milestone before, on its day (结转欠账).';
comment on column marts.coverage_board.next_due is 'How many are missing on as_of.';
comment on column marts.coverage_board.scheduled is
'Where the straight line from the milestone before to this one stands on that day, in tasks.';
comment on column marts.coverage_board.light is
'green, yellow, red, grey (nobody reported) or, in one profile, watch; null before its time.';
comment on column marts.coverage_board.rechecked is
'Check without a share: units rechecked since the milestone before.';
comment on column marts.coverage_board.recheck_base is 'Accepted at least once by the milestone before.';
comment on column marts.coverage_board.defects_found is 'Of the rechecked and others, fallen back since.';
comment on column marts.coverage_board.defects_closed is 'Of these, accepted again.';
comment on column marts.coverage_board.units_due is 'Towns on the lists.';
comment on column marts.coverage_board.units_reported is
'Of these, towns with accepted rows for the period, or a report of nothing (零报).';
comment on column marts.coverage_board.is_reported is 'Whether all of them have reported.';
comment on column marts.coverage_board.list_id is 'The frozen list: the plan and the load that last changed it.';

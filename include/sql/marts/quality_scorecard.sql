-- How good are the returns of a town, and why?
-- Grain: one row per scope (the county with all its units, each town, the county's own returns) and period. A quarter
-- holds its months, a year everything: returns count in every period that contains theirs.
--
-- Only verdicts known by the load count, and what is missing is judged on the day of the load. Findings of a file count
-- for the unit that the file states: of a county's workbook for the county. A file of which unit, form or period could
-- not be told counts nowhere. Corrections are the further returns until one had nothing left to mend. Values are those
-- in force; what a comparison with other rows contests is contested, too.
-- Score: the parts, each from 0 to 1, by the weights that stand below and nowhere else; they are ours and no
-- regulation's. A part without anything to measure is NULL, and the others count for it.

create or replace function marts.quality_scorecard(known_at bigint)
returns table (
    county_code text,
    scope_code text,
    scope_name text,
    scope_level text,
    period text,
    returns_due bigint,
    returns_in_time bigint,
    returns_late bigint,
    returns_missing bigint,
    returns_received bigint,
    returns_right_first bigint,
    returns_sent_back bigint,
    corrections bigint,
    rows_judged bigint,
    findings_critical bigint,
    findings_row bigint,
    findings_error bigint,
    findings_warning bigint,
    findings_notice bigint,
    warnings_settled bigint,
    values_stated bigint,
    values_withheld bigint,
    values_contested bigint,
    values_approximate bigint,
    errors_per_100_rows numeric,
    warnings_per_100_rows numeric,
    doubtful_per_100_values numeric,
    part_timeliness numeric,
    part_right_first numeric,
    part_few_errors numeric,
    part_sure_values numeric,
    part_explained numeric,
    score_terms text,
    score numeric
)
language sql
stable
as $$
with weights (part, title, weight, best_at, zero_at) as (
    values
    -- What is not reported leaves the county's figure with a gap; what is late can still be used.
    ('timeliness', '及时', 40, 1.0, 0.0),
    -- Whatever is sent back is done twice, in the town and in the county.
    ('right_first', '一次报对', 25, 1.0, 0.0),
    -- Errors per 100 rows: from 10 on nearly every sheet has to be gone through by hand.
    ('few_errors', '差错少', 15, 0.0, 10.0),
    -- Of 100 values, those that are not counted or known only roughly: with every fifth a sum cannot be published.
    ('sure_values', '数据实', 15, 0.0, 20.0),
    -- What is unusual may well be true: a word of explanation settles it.
    ('explained', '有说明', 5, 1.0, 0.0)
),

known_day as (
    select cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date) as as_of
    from ops.loads as ops_load
    where ops_load.load_id = known_at
),

owed as (
    select duty.*
    from marts.submission_matrix(known_at) as duty
    where duty.duty <> 'not_applicable'
),

duties as (
    select
        duty.county_code,
        duty.unit_code,
        duty.period,
        counted.measure,
        1 as amount
    from owed as duty
    cross join known_day
    cross join
        lateral (
            values
            ('due', true),
            ('in_time', not duty.is_late),
            ('late', duty.is_late),
            ('missing', duty.submitted_at is null and duty.due_on < known_day.as_of)
        ) as counted (measure, holds)
    where counted.holds
),

turns as (
    select
        turn.county_code,
        turn.org_id,
        turn.form_code,
        turn.period,
        turn.submission,
        turn.submission_id,
        turn.from_load,
        min(turn.from_load) filter (where turn.submission in ('accepted', 'zero') and turn.open_errors = 0) over (
            partition by turn.county_code, turn.org_id, turn.form_code, turn.period
        ) as right_load
    from core.fct_obligation as turn
    where turn.from_load <= known_at and turn.submission <> 'none' and turn.duty <> 'not_applicable'
),

courses as (
    select
        turn.county_code,
        turn.org_id,
        turn.period,
        coalesce(
            min(turn.submission_id) = min(turn.submission_id) filter (where turn.from_load = turn.right_load), false
        ) as is_right_first,
        count(distinct turn.submission_id) filter (where turn.submission = 'returned') as sent_back,
        count(distinct turn.submission_id) filter (
            where turn.right_load is null or turn.from_load <= turn.right_load
        ) - 1 as corrections
    from turns as turn
    group by turn.county_code, turn.org_id, turn.form_code, turn.period
),

histories as (
    select
        course.county_code,
        org.place_code as unit_code,
        course.period,
        counted.measure,
        counted.amount
    from courses as course
    cross join
        lateral (
            select version.place_code
            from core.dim_org as version
            where
                version.org_id = course.org_id
                and version.from_load <= known_at
                and (version.to_load is null or version.to_load > known_at)
            order by version.valid_from desc
            limit 1
        ) as org
    cross join
        lateral (
            values
            ('received', 1),
            ('right_first', cast(course.is_right_first as int)),
            ('sent_back', course.sent_back),
            ('corrections', course.corrections)
        ) as counted (measure, amount)
),

known_verdicts as (
    select verdict.journal_seq
    from ops.loads as verdict
    where verdict.load_id <= known_at
),

receipts as not materialized (
    select
        receipt.submission_id,
        receipt.county_code,
        receipt.unit_code,
        receipt.period,
        coalesce(receipt.rows_accepted, 0) + coalesce(receipt.rows_quarantined, 0) as judged
    from ops.submissions as receipt
    inner join known_verdicts as verdict on receipt.journal_seq = verdict.journal_seq
    where (receipt.form_code, receipt.unit_code, receipt.period) is not null
),

judged as (
    select
        receipt.county_code,
        receipt.unit_code,
        receipt.period,
        'rows' as measure,
        receipt.judged as amount
    from receipts as receipt
),

findings as (
    select
        receipt.county_code,
        receipt.unit_code,
        receipt.period,
        counted.measure,
        1 as amount
    from receipts as receipt
    inner join ops.findings as finding on receipt.submission_id = finding.submission_id
    cross join
        lateral (
            values
            (finding.severity, true),
            (
                'settled',
                finding.severity = 'warning' and (finding.explanation is not null or finding.waiver_id is not null)
            )
        ) as counted (measure, holds)
    where counted.holds
),

observations as (
    select
        observation.county_code,
        observation.town_code,
        observation.period,
        observation.cell_state
    from marts.observations(known_at) as observation
    where observation.value_text is not null or observation.cell_state = 'withheld'
),

cells as (
    select
        observation.county_code,
        observation.town_code as unit_code,
        observation.period,
        counted.measure,
        count(*) as amount
    from observations as observation
    cross join lateral unnest(array['stated', observation.cell_state]) as counted (measure)
    where counted.measure in ('stated', 'withheld', 'contested', 'approximate')
    group by observation.county_code, observation.town_code, observation.period, counted.measure
),

contests as (
    select
        finding.county_code,
        finding.town_code as unit_code,
        finding.period,
        'contested' as measure,
        1 as amount
    from ops.relation_findings as finding
    where
        finding.severity = 'error'
        and finding.field <> ''
        and finding.waiver_id is null
        and finding.from_load <= known_at
        and (finding.to_load is null or finding.to_load > known_at)
),

measures as (
    select duties.* from duties
    union all
    select histories.* from histories
    union all
    select judged.* from judged
    union all
    select findings.* from findings
    union all
    select cells.* from cells
    union all
    select contests.* from contests
),

calendar as (
    select
        part.period as part_period,
        whole.period
    from core.dim_period as part
    inner join core.dim_period as whole on part.first_day >= whole.first_day and part.last_day <= whole.last_day
),

sums as (
    select
        part.county_code,
        scope.scope_code,
        case when scope.scope_code = part.county_code then scope.level else 'town' end as scope_level,
        calendar.period,
        coalesce(sum(part.amount) filter (where part.measure = 'due'), 0) as due,
        coalesce(sum(part.amount) filter (where part.measure = 'in_time'), 0) as in_time,
        coalesce(sum(part.amount) filter (where part.measure = 'late'), 0) as late,
        coalesce(sum(part.amount) filter (where part.measure = 'missing'), 0) as missing,
        coalesce(sum(part.amount) filter (where part.measure = 'received'), 0) as received,
        coalesce(sum(part.amount) filter (where part.measure = 'right_first'), 0) as right_first,
        coalesce(sum(part.amount) filter (where part.measure = 'sent_back'), 0) as sent_back,
        coalesce(sum(part.amount) filter (where part.measure = 'corrections'), 0) as corrections,
        coalesce(sum(part.amount) filter (where part.measure = 'rows'), 0) as judged,
        coalesce(sum(part.amount) filter (where part.measure = 'critical'), 0) as critical,
        coalesce(sum(part.amount) filter (where part.measure = 'row'), 0) as quarantined,
        coalesce(sum(part.amount) filter (where part.measure = 'error'), 0) as error,
        coalesce(sum(part.amount) filter (where part.measure = 'warning'), 0) as warning,
        coalesce(sum(part.amount) filter (where part.measure = 'notice'), 0) as notice,
        coalesce(sum(part.amount) filter (where part.measure = 'settled'), 0) as settled,
        coalesce(sum(part.amount) filter (where part.measure = 'stated'), 0) as stated,
        coalesce(sum(part.amount) filter (where part.measure = 'withheld'), 0) as withheld,
        coalesce(sum(part.amount) filter (where part.measure = 'contested'), 0) as contested,
        coalesce(sum(part.amount) filter (where part.measure = 'approximate'), 0) as approximate
    from measures as part
    inner join calendar on part.period = calendar.part_period
    cross join
        lateral (values ('county', part.county_code), ('county_own', part.unit_code)) as scope (level, scope_code)
    group by part.county_code, scope.level, scope.scope_code, calendar.period
),

rates as (
    select
        sums.*,
        (sums.in_time + sums.late / 2.0) / nullif(sums.in_time + sums.late + sums.missing, 0) as timeliness,
        1.0 * sums.right_first / nullif(sums.received, 0) as right_first_share,
        100.0 * (sums.critical + sums.quarantined + sums.error) / nullif(sums.judged, 0) as errors_per_100,
        100.0 * (sums.withheld + sums.contested + sums.approximate) / nullif(sums.stated, 0) as doubtful_per_100,
        1.0 * sums.settled / nullif(sums.warning, 0) as settled_share
    from sums
),

final as (
    select
        rate.county_code,
        rate.scope_code,
        place.name as scope_name,
        rate.scope_level,
        rate.period,
        rate.due as returns_due,
        rate.in_time as returns_in_time,
        rate.late as returns_late,
        rate.missing as returns_missing,
        rate.received as returns_received,
        rate.right_first as returns_right_first,
        rate.sent_back as returns_sent_back,
        rate.corrections,
        rate.judged as rows_judged,
        rate.critical as findings_critical,
        rate.quarantined as findings_row,
        rate.error as findings_error,
        rate.warning as findings_warning,
        rate.notice as findings_notice,
        rate.settled as warnings_settled,
        rate.stated as values_stated,
        rate.withheld as values_withheld,
        rate.contested as values_contested,
        rate.approximate as values_approximate,
        round(rate.errors_per_100, 1) as errors_per_100_rows,
        round(100.0 * rate.warning / nullif(rate.judged, 0), 1) as warnings_per_100_rows,
        round(rate.doubtful_per_100, 1) as doubtful_per_100_values,
        round(card.timeliness, 3) as part_timeliness,
        round(card.right_first, 3) as part_right_first,
        round(card.few_errors, 3) as part_few_errors,
        round(card.sure_values, 3) as part_sure_values,
        round(card.explained, 3) as part_explained,
        card.score_terms,
        round(card.score, 1) as score
    from rates as rate
    cross join
        lateral ( -- noqa: ST05
            select
                max(grade.grade) filter (where grade.part = 'timeliness') as timeliness,
                max(grade.grade) filter (where grade.part = 'right_first') as right_first,
                max(grade.grade) filter (where grade.part = 'few_errors') as few_errors,
                max(grade.grade) filter (where grade.part = 'sure_values') as sure_values,
                max(grade.grade) filter (where grade.part = 'explained') as explained,
                string_agg(
                    grade.title || ' ' || round(grade.grade, 2) || ' × ' || grade.weight, ' + '
                    order by grade.weight desc, grade.part asc
                ) as score_terms,
                100 * sum(grade.grade * grade.weight) / sum(grade.weight) as score
            from (
                select
                    weights.part,
                    weights.title,
                    weights.weight,
                    least(
                        greatest((measured.amount - weights.zero_at) / (weights.best_at - weights.zero_at), 0), 1
                    ) as grade
                from weights
                inner join
                    (
                        values
                        ('timeliness', rate.timeliness),
                        ('right_first', rate.right_first_share),
                        ('few_errors', rate.errors_per_100),
                        ('sure_values', rate.doubtful_per_100),
                        ('explained', rate.settled_share)
                    ) as measured (part, amount)
                    on weights.part = measured.part
                where measured.amount is not null
            ) as grade
        ) as card
    left join marts.places(known_at) as place on rate.scope_code = place.place_code
)

select * from final
$$;

-- A subquery as argument would keep the function from being inlined, and every filter out of it.
create or replace view marts.quality_scorecard
with (security_invoker = true) as
select card.* -- noqa: AM04
from (select max(ops_load.load_id) as load_id from ops.loads as ops_load) as latest
cross join lateral marts.quality_scorecard(latest.load_id) as card;

comment on view marts.quality_scorecard is
'Quality of returns, with the parts of its score; one row per scope and period.';
comment on function marts.quality_scorecard(bigint) is
'As known at a load: Quality of returns, with the parts of its score; one row per scope and period.';

comment on column marts.quality_scorecard.county_code is 'The county (12 digits).';
comment on column marts.quality_scorecard.scope_code is 'The county or a town (12 digits).';
comment on column marts.quality_scorecard.scope_name is 'Its name now.';
comment on column marts.quality_scorecard.scope_level is
'county: all its units; town; county_own: what the county itself reports.';
comment on column marts.quality_scorecard.period is
'Month, quarter or year; it holds all returns of the periods within it.';
comment on column marts.quality_scorecard.returns_due is 'Returns that are owed.';
comment on column marts.quality_scorecard.returns_in_time is
'Of these, accepted and first received on the last day or before.';
comment on column marts.quality_scorecard.returns_late is 'Of these, accepted and received later.';
comment on column marts.quality_scorecard.returns_missing is
'Of these, not accepted though the last day was before the day of the load; the rest is not due yet.';
comment on column marts.quality_scorecard.returns_received is
'Returns owed of which at least one file came, whatever became of it.';
comment on column marts.quality_scorecard.returns_right_first is
'Of these, returns of which the first file was accepted with nothing to mend.';
comment on column marts.quality_scorecard.returns_sent_back is 'Files that were rejected or given back.';
comment on column marts.quality_scorecard.corrections is
'Further files until one was accepted with nothing left to mend, or so far.';
comment on column marts.quality_scorecard.rows_judged is 'Rows in all files judged: accepted and quarantined.';
comment on column marts.quality_scorecard.findings_critical is
'Findings in all files judged that stopped the whole file.';
comment on column marts.quality_scorecard.findings_row is 'Findings that kept a row out.';
comment on column marts.quality_scorecard.findings_error is 'Findings that kept a value out, or contest it.';
comment on column marts.quality_scorecard.findings_warning is 'Findings that want a word of explanation.';
comment on column marts.quality_scorecard.findings_notice is 'Findings that were said only.';
comment on column marts.quality_scorecard.warnings_settled is 'Warnings that were explained or waived.';
comment on column marts.quality_scorecard.values_stated is
'Cells in force that hold a value, or held one that was withheld.';
comment on column marts.quality_scorecard.values_withheld is 'Of these, withheld: the value was not taken.';
comment on column marts.quality_scorecard.values_contested is
'Of these, contested by the file itself, or by a comparison with other rows.';
comment on column marts.quality_scorecard.values_approximate is 'Of these, approximate (约200).';
comment on column marts.quality_scorecard.errors_per_100_rows is
'Findings critical, row and error per 100 rows judged.';
comment on column marts.quality_scorecard.warnings_per_100_rows is 'Warnings per 100 rows judged.';
comment on column marts.quality_scorecard.doubtful_per_100_values is
'Values withheld, contested and approximate per 100 values stated.';
comment on column marts.quality_scorecard.part_timeliness is
'From 0 to 1: in time counts 1, late 1/2, missing 0. Null while nothing is due.';
comment on column marts.quality_scorecard.part_right_first is
'From 0 to 1: share of returns right at first. Null while nothing came.';
comment on column marts.quality_scorecard.part_few_errors is
'From 0 (10 errors per 100 rows and more) to 1 (none). Null without rows.';
comment on column marts.quality_scorecard.part_sure_values is
'From 0 (20 doubtful of 100 values and more) to 1 (none). Null without values.';
comment on column marts.quality_scorecard.part_explained is
'From 0 to 1: share of warnings settled. Null without warnings.';
comment on column marts.quality_scorecard.score_terms is
'Parts and their weights as a sum, in Chinese: 及时 0.50 × 40 + …';
comment on column marts.quality_scorecard.score is
'From 0 to 100: that sum in per cent of the weights in it; null without any.';

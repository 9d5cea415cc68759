-- What do the returns of 基文04 say about the tasks in `moments`, and between which loads was that known?
-- Grain: one row per plan, village, month, version of the row and thing said.
--
-- met: accepted by the level that completes the task, with result and number of the report (domain §4.2), or found to
-- meet the standard at a recheck. lost: found not to meet it at a recheck, or said to have fallen back. What has a date
-- of its own is dated by it, whenever it was reported; an empty cell says nothing. A row that is withheld or contested
-- where it matters says nothing.
insert into statements
with listed as (
    select distinct
        moments.plan_code,
        moments.org_id
    from moments
),

tasks as (
    select
        listed.plan_code,
        listed.org_id,
        plan.completion_stage,
        greatest(plan_task.from_load, plan.from_load) as from_load,
        least(plan_task.to_load, plan.to_load) as to_load
    from listed
    inner join core.plan_tasks as plan_task
        on listed.plan_code = plan_task.plan_code and listed.org_id = plan_task.org_id
    inner join core.plans as plan on listed.plan_code = plan.plan_code
    where
        plan.table_name = 'construction_task'
        and plan_task.role is distinct from 'baseline'
        and (plan_task.to_load is null or plan_task.to_load > plan.from_load)
        and (plan.to_load is null or plan.to_load > plan_task.from_load)
),

reports as (
    select
        tasks.plan_code,
        tasks.org_id,
        report.period,
        period.last_day,
        report.task_stage,
        report.works_started_on,
        report.built_on,
        case tasks.completion_stage
            when 'town_accepted' then report.town_accepted_on
            when 'county_accepted' then report.county_accepted_on
            when 'upper_verified' then report.upper_verified_on
        end as accepted_on,
        report.acceptance_result,
        report.acceptance_doc_no,
        report.rechecked_on,
        report.recheck_result,
        report.submission_id,
        report.sheet,
        report.row_number,
        report.cell_states,
        greatest(tasks.from_load, report.from_load) as from_load,
        least(tasks.to_load, report.to_load) as to_load
    from tasks
    inner join core.fct_construction_task as report on tasks.org_id = report.org_id
    inner join core.dim_period as period on report.period = period.period
    where
        (report.to_load is null or report.to_load > tasks.from_load)
        and (tasks.to_load is null or tasks.to_load > report.from_load)
),

said as (
    select
        report.*,
        claim.kind,
        claim.said_on,
        claim.field_names = array['rechecked_on', 'recheck_result'] as is_recheck,
        claim.field_names
    from reports as report
    cross join
        lateral (
            values
            (
                'met',
                case
                    when report.acceptance_result = 'met' and report.acceptance_doc_no is not null
                        then report.accepted_on
                end,
                array[
                    'town_accepted_on', 'county_accepted_on', 'upper_verified_on', 'acceptance_result',
                    'acceptance_doc_no', 'accepted_area_m2', 'task_stage'
                ]
            ),
            (
                'met',
                case when report.recheck_result = 'met' then report.rechecked_on end,
                array['rechecked_on', 'recheck_result']
            ),
            (
                'lost',
                case
                    when report.recheck_result in ('not_met', 'to_be_mended')
                        then coalesce(report.rechecked_on, report.last_day)
                    when report.task_stage = 'regressed' then report.last_day
                end,
                array['rechecked_on', 'recheck_result', 'task_stage']
            ),
            ('rechecked', report.rechecked_on, array['rechecked_on']),
            (
                'built',
                case
                    when report.built_on is not null then report.built_on
                    when report.task_stage in ('built', 'town_accepted', 'county_accepted', 'upper_verified')
                        then report.last_day
                end,
                array['built_on', 'task_stage']
            ),
            (
                'started',
                case
                    when report.works_started_on is not null then report.works_started_on
                    when report.task_stage = 'installing' then report.last_day
                end,
                array['works_started_on', 'task_stage']
            )
        ) as claim (kind, said_on, field_names)
    where claim.said_on is not null
),

final as (
    select
        said.plan_code,
        said.org_id,
        said.kind,
        said.said_on,
        said.said_on as dated_on,
        said.period,
        said.last_day,
        'construction_task' as table_name,
        said.field_names,
        case when said.kind = 'met' and not said.is_recheck then said.acceptance_doc_no end as document_no,
        said.is_recheck,
        said.submission_id,
        said.sheet,
        said.row_number,
        said.from_load,
        said.to_load
    from said
    where
        not exists (
            select 1
            from unnest(array_append(said.field_names, '_row')) as field (name)
            where said.cell_states ->> field.name in ('contested', 'withheld')
        )
)

select * from final

-- What do the returns of 基文01 say about the tasks in `moments`, and between which loads was that known?
-- Grain: one row per plan, village, period, version of the row and thing said.
--
-- met: built, and the floor area at least the plan's; it is dated by built_on where that lies before the period's end.
-- lost: not so. started and built: where the rest is missing. A row that is withheld, contested or incomplete where it
-- matters says nothing.
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
        plan.minimum_floor_area_m2,
        greatest(plan_task.from_load, plan.from_load) as from_load,
        least(plan_task.to_load, plan.to_load) as to_load
    from listed
    inner join core.plan_tasks as plan_task
        on listed.plan_code = plan_task.plan_code and listed.org_id = plan_task.org_id
    inner join core.plans as plan on listed.plan_code = plan.plan_code
    where
        (plan.table_name = 'village_center' or plan_task.role is not distinct from 'baseline')
        and (plan_task.to_load is null or plan_task.to_load > plan.from_load)
        and (plan.to_load is null or plan.to_load > plan_task.from_load)
),

reports as (
    select
        tasks.plan_code,
        tasks.org_id,
        report.period,
        period.last_day,
        case when report.built_on <= period.last_day then report.built_on end as built_on,
        report.submission_id,
        report.sheet,
        report.row_number,
        report.build_status,
        report.build_status = 'built' and report.floor_area_m2 >= tasks.minimum_floor_area_m2 as is_met,
        greatest(tasks.from_load, report.from_load) as from_load,
        least(tasks.to_load, report.to_load) as to_load
    from tasks
    inner join core.fct_village_center as report on tasks.org_id = report.org_id
    inner join core.dim_period as period on report.period = period.period
    where
        (report.to_load is null or report.to_load > tasks.from_load)
        and (tasks.to_load is null or tasks.to_load > report.from_load)
        and not array[
            report.cell_states ->> '_row',
            report.cell_states ->> 'build_status',
            report.cell_states ->> 'floor_area_m2'
        ] && array['contested', 'withheld']
),

final as (
    select
        report.plan_code,
        report.org_id,
        said.kind,
        report.last_day as said_on,
        case when said.kind <> 'lost' then report.built_on end as dated_on,
        report.period,
        report.last_day,
        'village_center' as table_name,
        array['build_status', 'floor_area_m2'] as field_names,
        null as document_no,
        false as is_recheck,
        report.submission_id,
        report.sheet,
        report.row_number,
        report.from_load,
        report.to_load
    from reports as report
    cross join
        lateral (
            values
            ('met', report.is_met),
            ('lost', not report.is_met),
            ('built', not report.is_met and report.build_status = 'built'),
            ('started', not report.is_met and report.build_status = 'under_construction')
        ) as said (kind, is_said)
    where said.is_said
)

select * from final

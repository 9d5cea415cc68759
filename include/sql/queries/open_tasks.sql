-- Which villages of a plan are not accepted on a day, as known at a load number (null: now), and what is known of them?
-- Grain: one row per plan, milestone and village. The day null: that of the load, in China. marts.gap_list speaks of
-- the milestone's last day instead: of a village accepted between the two days only that is said (此后达标).
with moments as (
    select
        ops_load.load_id,
        coalesce(cast(:as_of as date), cast(ops_load.loaded_at at time zone 'Asia/Shanghai' as date)) as seen_on
    from ops.loads as ops_load
    where ops_load.load_id = coalesce(cast(:known_at as bigint), (select max(loads.load_id) from ops.loads as loads))
),

progress as (
    select
        moments.load_id,
        moments.seen_on,
        plan_task.*
    from moments
    cross join lateral marts.task_progress(moments.load_id) as plan_task
    where plan_task.plan_code = coalesce(cast(:plan_code as text), plan_task.plan_code) -- noqa: RF02
),

listed as (
    select distinct
        progress.plan_code,
        progress.load_id,
        progress.seen_on
    from progress
),

accepted as (
    select
        listed.plan_code,
        unit.org_id
    from listed
    cross join lateral marts.accepted_units(listed.plan_code, listed.load_id, listed.seen_on) as unit
),

open_tasks as (
    select
        progress.*,
        org.place_code as division_code
    from progress
    left join accepted on progress.plan_code = accepted.plan_code and progress.org_id = accepted.org_id
    cross join
        lateral (
            select org_version.place_code
            from core.dim_org as org_version
            where
                org_version.org_id = progress.org_id
                and org_version.from_load <= progress.load_id
                and (org_version.to_load is null or org_version.to_load > progress.load_id)
            order by org_version.valid_from desc
            limit 1
        ) as org
    where case when progress.role = 'task' then accepted.org_id is null else not progress.is_accepted end
),

gaps as (
    select gap.*
    from moments
    cross join lateral marts.gap_list(moments.load_id) as gap
),

places as (
    select
        place.place_code,
        place.name
    from moments
    cross join lateral marts.places(moments.load_id) as place
),

final as (
    select
        open_task.plan_code,
        open_task.milestone_number,
        open_task.town_code,
        town.name as town_name,
        open_task.division_code,
        village.name as village_name,
        open_task.role,
        coalesce(open_task.removed_on <= open_task.seen_on, false) as is_removed,
        open_task.approval_no,
        coalesce(gap.reason, '此后达标') as reason,
        gap.task_stage,
        gap.planned_accept_on,
        gap.next_step
    from open_tasks as open_task
    left join gaps as gap
        on
            open_task.plan_code = gap.plan_code
            and open_task.milestone_number = gap.milestone_number
            and open_task.division_code = gap.division_code
    left join places as town on open_task.town_code = town.place_code
    left join places as village on open_task.division_code = village.place_code
)

select * from final
order by plan_code, milestone_number, division_code

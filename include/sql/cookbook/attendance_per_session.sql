-- How many people come to an activity, by town and quarter?
-- Grain: one row per town and quarter; villages of which sessions or attendance are not known, or contested, count in
-- neither part.

select
    center.period,
    center.town_code,
    center.town_name,
    sum(center.activity_sessions) as sessions,
    sum(center.activity_attendance) as attendance,
    round(cast(sum(center.activity_attendance) as numeric) / nullif(sum(center.activity_sessions), 0), 1)
        as attendance_per_session
from marts.village_center as center
where
    not center.is_contested
    and center.activity_sessions is not null
    and center.activity_attendance is not null
group by center.period, center.town_code, center.town_name
order by center.period, center.town_code

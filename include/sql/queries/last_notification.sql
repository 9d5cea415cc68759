-- Which message of a kind was the last one before today, when was it sent, and of which load did it know?
-- Grain: one row; none if there was none.
select
    notification.day,
    notification.sent_at,
    notification.load_id
from ops.notifications as notification
where notification.kind = :kind and notification.day < :today
order by notification.sent_at desc
limit 1

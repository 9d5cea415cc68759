-- Mark a message as sent to a recipient on a day; no row where it was sent already.
insert into ops.notifications (kind, day, recipient, subject, body, sent_at, load_id)
values (:kind, :day, :recipient, :subject, :body, :at, :load_id)
on conflict (kind, day, recipient) do nothing

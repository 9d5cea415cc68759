-- A code that stands before the one the unit had last. Codes outside the order may follow and be followed by any.
-- One finding per row. Filled in: :field, :last_field, their name :of_field, the :of_table and the type
-- :finding, and the list :in_order.
insert into found_relations
select
    pairs.form_code,
    :of_table as table_name,
    pairs.period,
    pairs.org_id,
    pairs.row_key,
    :of_field as field,
    :finding as code,
    pairs.town_code,
    pairs.county_code,
    pairs.submission_id,
    pairs.sheet,
    pairs.row_number,
    greatest(pairs.from_load, pairs.last_from_load) as since,
    jsonb_build_object(
        'value', pairs.:field,
        'last', pairs.:last_field,
        'last_period', pairs.last_period
    ) as params
from pairs
where array_position(:in_order, pairs.:field) < array_position(:in_order, pairs.:last_field)

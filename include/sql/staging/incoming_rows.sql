-- Where COPY puts the rows of a batch of returns, before anything is done with them.
-- One row per return row about a known unit, at most one per submission, unit and row key.
create temporary table incoming_rows (
    load_id bigint not null,
    submission_id bigint not null,
    period text not null,
    sheet text not null,
    row_number integer not null,
    status text not null,
    division_code text not null,
    town_code text,
    row_key text not null,
    row_values jsonb not null,
    row_states jsonb not null
) on commit drop

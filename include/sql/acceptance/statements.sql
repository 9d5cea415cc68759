-- What is said about tasks, filled by village_center and construction_task, read by derive.
create temporary table statements (
    plan_code text,
    org_id bigint,
    kind text,
    said_on date,
    dated_on date,
    period text,
    last_day date,
    table_name text,
    field_names text[],
    document_no text,
    is_recheck boolean,
    submission_id bigint,
    sheet text,
    row_number int,
    from_load bigint,
    to_load bigint
) on commit drop

analyze incoming_rows (submission_id, division_code, period, row_key)

"""Wentong 文统: grassroots culture statistics, from the stewards' spreadsheets to the milestone table.

This package thinks; it never imports airflow. `dags/` orchestrates it, `include/` declares what it works on.
"""

"""Rows of every form that break no rule, as stewards of the sample county would write them. Invented figures."""

from datetime import date
from decimal import Decimal
from typing import Any

VILLAGE, OTHER_VILLAGE = "440783117201", "440783117202"

YEAR_TO_DATE = {
    "activity_sessions": 12, "activity_attendance": 3600, "training_classes": 3, "trainees": 150, "exhibitions": 2,
    "exhibition_visits": 900, "rural_performances": 4, "rural_film_screenings": 60, "facility_visits": 5200,
}  # fmt: skip

GOOD_ROWS: dict[str, list[dict[str, Any]]] = {
    "village_center": [
        {
            "build_status": "built", "floor_area_m2": 260, "outdoor_area_m2": 800, "books_total": 1800, "reading_seats": 20,
            "full_time_staff": 1, "weekly_open_hours": 42, "activity_sessions": 6, "activity_attendance": 480,
            "volunteer_count": 12, "built_on": date(2018, 3, 5), "remark": None,
        }
    ],
    "village_profile": [
        {
            "resident_population": 2300, "build_mode": "new_build", "function_room_count": 5,
            "service_functions": "publicity,science,recreation", "has_reading_room": "yes", "books_total": 1800,
            "books_catalogued": 1500, "books_added_ytd": 120, "books_removed_ytd": 0, "computer_count": 4,
            "has_wifi": "yes", "full_time_staff": 1, "part_time_staff": 1, "stipend_staff_count": 1,
            "stipend_yuan_per_month": 700, "archivist_name": "黄某", "disclosure_items_met": 3, "has_plaque": "yes",
            "is_demonstration_point": "no",
        }
    ],
    "town_station": [
        {
            "grade": "first", "grade_round": "第三次", "floor_area_m2": 1500, "outdoor_area_m2": 2000, "staff_total": 6,
            "full_time_staff": 3, "authorised_staff": 4, "volunteer_count": 85, "amateur_troupe_count": 12,
            **{f"{name}_q": figure for name, figure in YEAR_TO_DATE.items()},
            **{f"{name}_ytd": figure for name, figure in YEAR_TO_DATE.items()},
            "online_service_visits_q": 10000, "books_total": 12000, "books_catalogued": 9000, "loans_q": 1500,
            "is_interlending_connected": "yes", "weekly_open_hours": 48, "days_open_q": 78,
            "fund_allocated_ytd_yuan": 50000, "fund_paid_ytd_yuan": 12000, "has_attended_joint_meeting": "yes",
        }
    ],
    "activity": [
        {
            "organiser_name": "水口镇综合文化站", "title": "元宵灯谜会", "activity_kind": "festival",
            "started_on": date(2027, 1, 8), "ended_on": date(2027, 1, 8), "sessions": 1, "attendance": 600,
            "venue": "水口文化广场", "activity_mode": "in_person", "evidence_ids": "ZP-001",
        },
        {
            "organiser_name": "水口镇综合文化站", "title": "少儿绘画班", "activity_kind": "training",
            "started_on": date(2027, 1, 9), "ended_on": date(2027, 1, 23), "sessions": 3, "attendance": 75,
            "venue": "水口文化站", "activity_mode": "in_person", "evidence_ids": "ZP-002",
        },
    ],
    "construction_task": [
        {
            "task_id": "T-001", "responsible_person": "李某", "town_leader": "张某", "build_mode": "new_build",
            "planned_start_on": date(2026, 3, 1), "planned_complete_on": date(2026, 11, 30),
            "planned_accept_on": date(2027, 2, 28), "task_stage": "built", "works_started_on": date(2026, 3, 10),
            "built_on": date(2026, 12, 1), "invested_yuan": 320000,
        }
    ],
    "standard_item": [
        {
            "task_no": 1, "indicator_no": 1, "item_no": 1, "item_text": "人均藏书不少于1册", "responsible_unit": "市图书馆",
            "responsible_person": "陈某", "standard_plan_status": "met", "item_value": Decimal("1.2"), "threshold_value": 1,
            "standard_claim": "met", "evidence_ids": "ZP-101", "evidence_on": date(2027, 1, 10),
        }
    ],
    "issue_ledger": [
        {
            "issue_id": "2027-Q1-001", "issue_source": "self_check", "found_on": date(2027, 1, 5), "unit_name": "水口镇",
            "description": "水口文化站周末没有按公告时间开放", "issue_severity": "minor", "measure": "调整值班表",
            "responsible_unit": "水口镇综合文化站", "responsible_person": "林某", "due_on": date(2027, 3, 1),
            "issue_state": "rectifying",
        }
    ],
    "network_member": [
        {
            "unit_name": "水口镇", "network": "cultural_center", "network_role": "branch", "member_status": "confirmed",
            "plaque_hung_on": date(2026, 5, 20), "is_interlending_connected": "yes", "is_hours_disclosed": "yes",
            "is_items_disclosed": "yes", "is_content_disclosed": "no",
        },
        {
            "unit_name": "水口镇", "network": "library", "network_role": "branch", "member_status": "pending",
            "is_hours_disclosed": "no", "is_items_disclosed": "no", "is_content_disclosed": "no",
        },
    ],
    "unify_item": [{"is_done": "yes", "document_no": "开文〔2026〕8号"}],
    "joint_meeting": [
        {
            "meeting_kind": "joint_meeting", "held_on": date(2027, 2, 3), "attendee_count": 25,
            "minutes_doc": "会议纪要〔2027〕1号",
        }
    ],
    "grade_award": [
        {
            "unit_name": "开平市文化馆", "facility_kind": "cultural_center", "grade_scheme": "national_cultural_center",
            "grade_round": "第五次", "grade": "first", "published_on": date(2021, 9, 1), "document_no": "办公共发〔2021〕1号",
        }
    ],
    "stipend": [
        {
            "post": "village_manager", "scope": "全市行政村", "valid_from": date(2018, 1, 1), "stipend_yuan_per_month": 700,
            "stipend_staff_count": 83, "stipend_payable_yuan": 174300, "stipend_paid_yuan": 174300,
        }
    ],
    "fund_line": [
        {
            "fund_source": "county", "fund_purpose": "free_opening", "fund_budget_yuan": 200000,
            "fund_allocated_ytd_yuan": 100000, "fund_paid_ytd_yuan": 60000,
        }
    ],
    "option_cost": [
        {
            "cost_option": "方案一", "option_tier": "first", "payer": "县财政", "payer_amount_yuan": 300000,
            "tier_total_yuan": 300000,
        }
    ],
}  # fmt: skip
"""Table -> rows; those of unit tables and of tables with a list hold for every unit and item."""

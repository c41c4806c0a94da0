"""Employees, the departments they work in, the posts they hold and when they are away."""

from servicedesk.staff.models.absence import Absence
from servicedesk.staff.models.organisation import Department, Post
from servicedesk.staff.models.user import RoleGroup, User

__all__ = ["Absence", "Department", "Post", "RoleGroup", "User"]

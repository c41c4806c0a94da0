"""One row for every post, one group for every role; both are edited in the admin afterwards."""

from django.db import migrations

from servicedesk.staff.roles import give

POSTS = ["general_manager", "office", "supervision"]

ADMINISTRATOR = [
    "staff.user.use_administration",
    *(f"staff.user.{act}_user" for act in ("view", "add", "change")),
    *(f"staff.department.{act}_department" for act in ("view", "add", "change", "delete")),
    *(f"staff.post.{act}_post" for act in ("view", "change")),
    *(f"staff.absence.{act}_absence" for act in ("view", "add", "change", "delete")),
    *(f"auth.group.{act}_group" for act in ("view", "add", "change")),
    *(f"calendars.calendar.{act}_calendar" for act in ("view", "add", "change", "delete")),
    *(f"calendars.openinghours.{act}_openinghours" for act in ("view", "add", "change", "delete")),
    *(f"calendars.holidaylist.{act}_holidaylist" for act in ("view", "add", "change")),
    *(f"calendars.dayrule.{act}_dayrule" for act in ("view", "add", "change", "delete")),
    "calendars.calendarversion.view_calendarversion",
    "audit.entry.view_entry",
    "audit.head.view_head",
    "audit.dailyseal.view_dailyseal",
    "audit.auditrun.view_auditrun",
    "outbox.message.view_message",
    "axes.accessattempt.view_accessattempt",
    "axes.accessattempt.delete_accessattempt",
]
ROLES = {
    "agent": [],
    "department_manager": [],
    "supervision": [],
    "office": [],
    "executive": [],
    "general_manager": [],
    "administrator": ADMINISTRATOR,
}


def create(apps, schema_editor):
    using = schema_editor.connection.alias
    Post = apps.get_model("staff", "Post")
    for code in POSTS:
        Post.objects.using(using).get_or_create(code=code)
    give(apps, using, ROLES)


def remove(apps, schema_editor):
    using = schema_editor.connection.alias
    apps.get_model("staff", "Post").objects.using(using).filter(code__in=POSTS).delete()
    apps.get_model("auth", "Group").objects.using(using).filter(name__in=ROLES).delete()


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("staff", "0002_posts_absences_and_history"),
    ]

    operations = [migrations.RunPython(create, remove)]

from .area import Area
from .customer import Consent, Customer, CustomerQuerySet
from .project import Project, Site
from .reach import ContactPerson, EmailAddress, PhoneNumber

__all__ = [
    "Area",
    "Consent",
    "ContactPerson",
    "Customer",
    "CustomerQuerySet",
    "EmailAddress",
    "PhoneNumber",
    "Project",
    "Site",
]

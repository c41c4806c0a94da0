from servicedesk.formats.zh_Hans.formats import *  # noqa: F403  both scripts write dates alike

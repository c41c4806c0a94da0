"""How third-party front-end files reach the browser: from npm's folder, named one by one in settings."""

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class NpmFinder(BaseFinder):
    """Finds the files that `NPM_FILES` publishes under a static path of ours."""

    storage = FileSystemStorage(location=settings.NODE_MODULES)

    def find(self, path, find_all=False, **kwargs):
        source = settings.NPM_FILES.get(path)
        found = settings.NODE_MODULES / source if source else None
        if not found or not found.exists():
            return []  # as Django's finders say "not here", whether one or all are wanted
        return [str(found)] if find_all or kwargs.get("all") else str(found)

    def list(self, ignore_patterns):
        for path, source in settings.NPM_FILES.items():
            yield path, _Renamed(settings.NODE_MODULES, path, source)


class _Renamed(FileSystemStorage):
    """One file of npm's folder under another name, as `collectstatic` wants to read it."""

    prefix = ""

    def __init__(self, location, path, source):
        super().__init__(location=location)
        self._names = {path: source}

    def path(self, name):
        return super().path(self._names.get(name, name))


class DeskStaticFiles(CompressedManifestStaticFilesStorage):
    """Hashed names and gzip; source maps of third parties are not followed, since they are not published."""

    patterns = (("*.css", (r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",)),)

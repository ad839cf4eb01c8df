"""Names of style sheets and scripts that change with their content, so that they can be kept."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

IMPORTS = (r"""(?P<matched>from "(?P<url>\./[^"]+)";)""", 'from "%(url)s";')


class StaticNames(CompressedManifestStaticFilesStorage):
    # What a script of ours imports has such a name too: a kept old part never meets a new one.
    # Django's own `support_js_module_import_aggregation` stops at imports that others' scripts
    # name without their ending.
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("niteru/*.js", (IMPORTS,)))

"""Scripts and their parts are kept by browsers under names that change with their content."""

from config.static_names import StaticNames


def test_what_a_script_of_ours_imports_is_named_by_its_content(tmp_path, settings):
    settings.DEBUG = False
    names = ("niteru/map.js", "niteru/map/view.js")
    for name, text in zip(
        names, ('import { a } from "./map/view.js";', "export const a = 1;"), strict=True
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    storage = StaticNames(location=tmp_path, base_url="/static/")

    done = list(storage.post_process({name: (storage, name) for name in names}))

    assert not [error for *_, error in done if isinstance(error, Exception)]
    script, part = (storage.stored_name(name) for name in names)
    assert part != names[1]
    assert (tmp_path / script).read_text() == f'import {{ a }} from "./{part.split("/", 1)[1]}";'

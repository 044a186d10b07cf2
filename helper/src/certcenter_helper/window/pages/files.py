"""匯出憑證 and 匯入憑證 (SPEC A6, A7; M0 匯出憑證, 匯入憑證; M3 6, 7)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QLineEdit, QVBoxLayout, QWidget

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.errors import Kind as Trouble
from certcenter_helper.core.values import Exported, ExportRules, ImportPreview, Obtained
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts.basic import Card, Facts, button, heading, restyle, row, text
from certcenter_helper.window.parts.dialogs import Choice
from certcenter_helper.window.parts.forms import (
    Field,
    NewPassword,
    PathField,
    SecurityChoice,
    beside,
    line,
    on_enter,
    password_line,
    value_of,
)

if TYPE_CHECKING:
    from certcenter_helper.window.shell import Shell


class ExportPage(Page):
    """憑證匯出檔名, 設定憑證密碼, 再次確認密碼, the folder, 確定匯出."""

    function: ClassVar[str] = "export"
    heading_key: ClassVar[str] = "export"

    def __init__(self, shell: Shell, *, panel_id: str = "") -> None:
        super().__init__(shell)
        self._panel = panel_id
        self._rules: ExportRules | None = None
        self._new: NewPassword | None = None
        self._compatible: QCheckBox | None = None
        self._folder: Path | None = None

    def begin(self) -> None:
        """Read the rules of this institution, and which certificate there is."""
        self.shell.run(
            lambda _progress, _cancel: self.core.export_rules(self._panel), self._show, failed=self._cannot
        )

    def _cannot(self, trouble: Exception) -> None:
        self.trouble(trouble)
        offered = [
            button(self.words("do.import"), lambda: self.shell.open("import"), tone="first", name="do-import")
        ]
        self.add(row(*offered, button(self.words("back.overview"), lambda: self.shell.open("overview"))))
        self.box.addStretch(1)

    def _show(self, rules: ExportRules) -> None:
        words, theme = self.words, self.theme
        self._rules = rules
        card = self.card()
        if not rules.new_password:  # M3 6.2: the folder first; M0 asks for it after 確定匯出
            self.folder = PathField(
                theme,
                words,
                words("export.folder"),
                hint=words("export.folder.hint") if words.has("export.folder.hint") else "",
                name="folder",
                choose=lambda begin: self.shell.choosers.folder(
                    self.shell, words, words("export.folder"), begin
                ),
            )
            self.folder.edit.setText(str(rules.folder))
            card.add(self.folder)
        self.file_name = Field(
            theme,
            words("export.name"),
            line(theme, most=120),
            hint=words("export.name.free" if rules.name_changeable else "export.name.fixed"),
            name="file-name",
        )
        edit = self.file_name.control
        assert isinstance(edit, QLineEdit)
        edit.setText(rules.file_name)
        edit.setReadOnly(not rules.name_changeable)
        self.password = Field(
            theme,
            words("export.present"),
            password_line(theme, words),
            hint=words("export.password"),
            name="password",
        )
        card.add(self.file_name, self.password)
        if rules.new_password:
            card.add(text(words("export.new.words")))
            labels = (words("export.new"), words("export.again"))
            self._new = NewPassword(theme, words, rules.rule, labels=labels)
            card.add(self._new)
        if rules.compatible_allowed:
            label, warning = words("export.compatible"), words("export.compatible.warning")
            self._compatible = QCheckBox()
            self._compatible.setObjectName("compatible")
            self._compatible.setAccessibleName(label)
            self._compatible.setAccessibleDescription(warning)
            card.add(beside(self._compatible, (text(label), text(warning, "hint"))))
        self.export = button(words("export.go"), self._check, tone="first", name="export")
        card.add(row(self.export, button(words("cancel"), lambda: self.shell.open("overview"), name="leave")))
        on_enter(self._check, self.password, *((self._new.first, self._new.second) if self._new else ()))
        self._notes(card)
        self.password.control.setFocus()

    def _notes(self, card: Card) -> None:
        """《重要說明》; what M3 writes at the fields stands there."""
        told = [each for each in self.face.export_notes if not self.words.has("export.folder.hint")]
        if told:
            card.add(heading(self.words("export.important"), "h3"))
        for at, note in enumerate(told, start=1):
            card.add(text(f"{at}. {note}", "small"))

    def _check(self) -> None:
        """What was typed, then the folder where it is not on the page: 選擇儲存路徑 (M0)."""
        words, rules = self.words, self._rules
        assert rules is not None
        password = value_of(self.password)
        self.password.wrong("" if password else words("password.missing"))
        if not password or (self._new is not None and not self._new.complain()):
            return
        if rules.new_password:
            folder = self.shell.choosers.folder(
                self.shell,
                words,
                words("export.choose"),
                str(self._folder or rules.folder),
                words("chooser.save"),
            )
        else:
            folder = value_of(self.folder).strip()
            self.folder.wrong("" if folder else words("export.folder.missing"))
        if folder:
            self._folder = Path(folder)
            self._export(overwrite=False)

    def _export(self, *, overwrite: bool) -> None:
        words, folder, password = self.words, self._folder, value_of(self.password)
        assert folder is not None
        new_password = self._new.value if self._new is not None else None
        compatible = self._compatible is not None and self._compatible.isChecked()
        self.quiet()
        self.shell.run_long(
            lambda _progress, _cancel: self.core.export(
                folder,
                password=password,
                new_password=new_password,
                file_name=value_of(self.file_name),
                compatible=compatible,
                overwrite=overwrite,
                panel_id=self._panel,
            ),
            self._exported,
            title=words("export.going"),
            failed=self._refused,
        )

    def _refused(self, trouble: Exception) -> None:
        if isinstance(trouble, HelperError) and trouble.code in {"file-exists", "exists"}:
            self.shell.say(
                trouble.title,
                [trouble.detail, self.words("export.overwrite")],
                Choice(self.words("cancel"), name="overwrite-cancel"),
                Choice(
                    self.words("export.overwrite.yes"),
                    lambda: self._export(overwrite=True),
                    "grave",
                    "overwrite",
                ),
                name="overwrite-ask",
            )
        elif isinstance(trouble, HelperError) and trouble.kind is Trouble.PASSWORD:
            self.password.wrong(trouble.title)
        else:
            self.trouble(trouble)

    def _exported(self, exported: Exported) -> None:
        words, shell = self.words, self.shell
        extra: list[QWidget] = []
        if link := self.face.link("statements"):
            extra.append(button(link.label, lambda: shell.browse(link.url), tone="link", name="statements"))
        sentences = [
            words("export.done.words", folder=exported.path.parent),
            words("export.done.file", file=exported.path.name),
            words("export.done.more") if words.has("export.done.more") else "",
            exported.warning,
        ]
        shell.say(
            words("export.done"),
            [each for each in sentences if each],
            Choice(words("ok"), lambda: shell.open("overview"), "first", "ok"),
            name="exported",
            extra=extra,
        )


class DropPlace(QFrame):
    """Where a file can be dropped; the button beside it does the same for the keyboard."""

    dropped = Signal(str)

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.setProperty("part", "drop")
        self.setAcceptDrops(True)
        box = QVBoxLayout(self)
        edge = page.theme.pixels(20)
        box.setContentsMargins(edge, edge, edge, edge)
        told = text(page.words("import.drop"), "quiet")
        told.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(told)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """One file may come in."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()
            restyle(self, tone="over")

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        """It went on."""
        restyle(self, tone="")

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """It is here."""
        restyle(self, tone="")
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData().urls()[0].toLocalFile())


class ImportPage(Page):
    """Choose or drop a file, its password, a look at what it is, and it is installed."""

    function: ClassVar[str] = "import"
    heading_key: ClassVar[str] = "import"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        words, theme = self.words, self.theme
        self.add(text(words("import.when"), "quiet"))
        card = self.card()
        drop = DropPlace(self)
        drop.setObjectName("drop")
        self.file = PathField(
            theme,
            words,
            words("import.file"),
            hint=words("import.file.hint"),
            name="file",
            choose=lambda begin: shell.choosers.file(
                shell, words, words("import.file"), begin or shell.home_folder(), words("import.kinds")
            ),
        )
        drop.dropped.connect(self.file.edit.setText)
        self.password = Field(
            theme,
            words("import.password"),
            password_line(theme, words),
            hint=words("import.password.hint"),
            name="password",
        )
        card.add(drop, self.file)
        if self.face.profile == "pfxdir":
            named = Facts(theme, [(words("import.name"), f"{self.core.identity}.pfx", "file")])
            card.add(named, text(words("import.name.fixed"), "hint"))
        card.add(self.password)
        self.security: SecurityChoice | None = None
        if "import" in self.face.asked_at:
            self.security = SecurityChoice(theme, words, self.core)
            card.add(self.security)
        self.go = button(words("import.go"), self._look, tone="first", name="import")
        on_enter(self.go.click, self.password)
        card.add(row(self.go, button(words("cancel"), lambda: shell.open("overview"), name="leave")))

    def _look(self) -> None:
        path, password = value_of(self.file).strip(), value_of(self.password)
        if (
            self.face.profile == "pfxdir" and path and Path(path).is_dir()
        ):  # M3 7.2: the folder, and the default name
            path = str(Path(path) / f"{self.core.identity}.pfx")
            self.file.edit.setText(path)
        self.file.wrong("" if path else self.words("import.file.missing"))
        self.password.wrong("" if password else self.words("password.missing"))
        if not path or not password:
            return
        self.quiet()
        self.go.setEnabled(False)
        self.shell.run(
            lambda _progress, _cancel: self.core.preview_import(Path(path), password=password),
            self._ask,
            failed=self._refused,
        )

    def _refused(self, trouble: Exception) -> None:
        self.go.setEnabled(True)
        if isinstance(trouble, HelperError) and trouble.kind is Trouble.PASSWORD:
            self.password.wrong(f"{trouble.title} {trouble.advice}".strip())
        else:
            self.trouble(trouble)

    def _ask(self, preview: ImportPreview) -> None:
        words = self.words
        self.go.setEnabled(True)
        rows = [(each.name, each.value, each.key) for each in preview.facts]
        self.shell.say(
            words("import.ask"),
            list(preview.notes),
            Choice(words("import.yes"), self._import, "first", "import-yes"),
            Choice(words("cancel"), name="import-cancel"),
            name="import-ask",
            extra=[Facts(self.theme, rows)],
        )

    def _import(self) -> None:
        path, password = Path(value_of(self.file).strip()), value_of(self.password)
        security = self.security.value if self.security is not None else None
        self.shell.run_long(
            lambda _progress, _cancel: self.core.import_pfx(path, password=password, security=security),
            self._imported,
            title=self.words("import.going"),
            failed=self._refused,
        )

    def _imported(self, obtained: Obtained) -> None:
        words, shell = self.words, self.shell
        state = f"{words('client.status')}{words.colon()}{obtained.panel.word.label}"
        shell.open("overview")
        shell.say(words("import.done"), [words("import.done.words"), state], name="imported")

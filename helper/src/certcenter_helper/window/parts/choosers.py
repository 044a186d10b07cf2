"""The choosers of folders and files. The system's own where there is one; else Qt's, whose Chinese has gaps, in our words."""

from PySide6.QtWidgets import QFileDialog, QWidget

from certcenter_helper.window.words import Words

_LABELS = {
    QFileDialog.DialogLabel.LookIn: "chooser.place",
    QFileDialog.DialogLabel.FileName: "chooser.name",
    QFileDialog.DialogLabel.FileType: "chooser.kind",
    QFileDialog.DialogLabel.Reject: "cancel",
}

#: Of the window's width and height: Qt's own chooser does not grow with the letters.
_SHARE = 0.75


def choose_folder(parent: QWidget, words: Words, title: str, begin: str, accept: str = "") -> str:
    """A folder; empty where nothing was chosen. `accept` is what the button says, else 選擇."""
    dialog = _dialog(parent, words, title, begin, accept or words("chooser.choose"))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return _chosen(dialog)


def choose_file(parent: QWidget, words: Words, title: str, begin: str, kinds: str) -> str:
    """One file that is there; empty where nothing was chosen."""
    dialog = _dialog(parent, words, title, begin, words("chooser.open"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(kinds)
    return _chosen(dialog)


def _dialog(parent: QWidget, words: Words, title: str, begin: str, accept: str) -> QFileDialog:
    dialog = QFileDialog(parent, title, begin)
    dialog.setObjectName("chooser")
    dialog.resize(parent.window().size() * _SHARE)
    for label, key in _LABELS.items():
        dialog.setLabelText(label, words(key))
    dialog.setLabelText(QFileDialog.DialogLabel.Accept, accept)
    return dialog


def _chosen(dialog: QFileDialog) -> str:
    try:
        return dialog.selectedFiles()[0] if dialog.exec() else ""
    finally:
        dialog.deleteLater()

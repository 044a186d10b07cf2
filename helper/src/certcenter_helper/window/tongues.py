"""Qt's own words (choosers of files and folders, menus of text fields) in the window's language."""

from typing import Final

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

#: As Qt ships it; PyInstaller's hook for QtCore takes it along (docs/guides/helper.md, "Packaging").
_CATALOGUE: Final = "qtbase_zh_TW"
_NAME: Final = "certcenter-qt"


def speak(application: QCoreApplication, *, english: bool) -> bool:
    """Have Qt speak this language from now on. Returns whether its words are there; English needs none."""
    for before in application.findChildren(QTranslator, _NAME):
        application.removeTranslator(before)
        before.deleteLater()
    QLocale.setDefault(QLocale("en_GB" if english else "zh_TW"))
    if english:
        return True
    made = QTranslator(application)
    made.setObjectName(_NAME)
    found = made.load(_CATALOGUE, QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    return found and application.installTranslator(made)

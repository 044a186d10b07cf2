"""The window itself: which page is open, how a command is run and its trouble told. No rule of a certificate stands here."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from certcenter_helper.core.errors import HelperError, Kind
from certcenter_helper.core.interface import Procedure
from certcenter_helper.core.values import Action, Overview
from certcenter_helper.core.work import Cancel, Progress
from certcenter_helper.window import house
from certcenter_helper.window.centres import Centres
from certcenter_helper.window.frame import Body, Foot, Menu, Top, scroll
from certcenter_helper.window.house import Face
from certcenter_helper.window.jobs import Job, Jobs
from certcenter_helper.window.pages import opener
from certcenter_helper.window.pages.base import Page
from certcenter_helper.window.parts import choosers
from certcenter_helper.window.parts.basic import empty
from certcenter_helper.window.parts.dialogs import Choice, Dialog, ProgressDialog, message
from certcenter_helper.window.theme import Theme, dress
from certcenter_helper.window.tidy import Tidy
from certcenter_helper.window.tongues import speak
from certcenter_helper.window.words import Words

T = TypeVar("T")
Done = Callable[[T], object]

_SIZE: Final = (1180, 800)
#: Fits 1280×720 pixels where one of ours is one and a half of the screen's.
_LEAST: Final = (720, 400)
_ZOOMS: Final = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)


class Choosers:
    """The system's choosers for files and folders, in one place so that a test can answer them."""

    folder = staticmethod(choosers.choose_folder)
    file = staticmethod(choosers.choose_file)

    @staticmethod
    def browser(url: str) -> None:
        """Open the customer's browser."""
        QDesktopServices.openUrl(QUrl(url))


def _quietly(_outcome: object) -> None:
    """However it ended, nobody waits for it."""


class Shell(QMainWindow):
    """One window at one institution."""

    def __init__(self, behind: Centres, *, english: bool, theme: Theme | None = None) -> None:
        super().__init__()
        self.behind = behind
        self.words = Words(english)
        self.core = behind.core(self.words.tag)
        self.face = Face()
        self.theme = theme or Theme()
        self.jobs = Jobs()
        self._tidy = Tidy(self)
        self._tidy.begin()
        self.choosers = Choosers()
        self.overview: Overview | None = None
        #: A procedure whose slip was accepted at the first 憑證作業 and that 用戶線上憑證申請 goes on with (manual M3).
        self.begun: Procedure | None = None
        self.slip_asked = False
        #: What dialogs have in their title bar.
        self.caption = ""
        self.function = "login"
        self._jobs_of_page: list[Job] = []
        self._read_face()
        self._build()
        self.resize(*(self.theme.pixels(each) for each in _SIZE))
        self.setMinimumSize(*_LEAST)
        self.jobs.busy.connect(self._show_busy)
        self._shortcuts()

    # Faces and languages

    def _read_face(self) -> None:
        kept = self.behind.policy(self.core)
        if (
            kept is not None or self.face.slug != self.core.house.slug
        ):  # else the other language's is better than none
            self.face = house.read(kept)
        self.words = replace(self.words, profile=self.face.profile)
        tokens = self.face.dark if self.theme.dark else self.face.light
        self.theme = replace(self.theme, tokens=tokens)

    def _build(self) -> None:
        theme, words = self.theme, self.words
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        dress(application, theme)
        speak(application, english=words.english)
        self.top = Top(theme, words, speak=self.speak_other)
        self.menu = Menu(theme, words, chosen=self.choose)
        self.body = Body(theme, self.menu)
        self.foot = Foot(theme, words, self.core.version)
        self.door = QWidget()
        self.door.setProperty("part", "ground")
        self._door_box = QHBoxLayout(self.door)
        self.stack = QStackedWidget()
        self.door_area = scroll(self.door)
        self.stack.addWidget(self.door_area)
        self.stack.addWidget(self.body)
        whole = QWidget()
        whole.setProperty("part", "ground")
        down = QVBoxLayout(whole)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(self.top)
        down.addWidget(self.stack, 1)
        down.addWidget(self.foot)
        self.setCentralWidget(whole)
        self.wear()

    def wear(self) -> None:
        """Show the house's names, menu and lines."""
        words, face = self.words, self.face
        self.caption = words("title.short" if face.name else "product", house=face.name)
        title = words("title" if face.name else "title.none", house=face.name, version=self.core.version)
        self.setWindowTitle(f"{title} {words('title.trial')}" if face.test_environment else title)
        self.top.wear(face)
        self.foot.wear(face)
        self.menu.show_entries(self.entries())
        self.menu.mark(self.function)
        self.body.fit()

    def entries(self) -> tuple[house.Entry, ...]:
        """The menu's entries; what only staff open is shown when they have."""
        overview = self.overview
        opened = overview is not None and any(
            Action.REDOWNLOAD in each
            for each in (overview.actions, *(client.actions for client in overview.clients))
        )
        return tuple(each for each in self.face.menu if each.availability != "opened-by-staff" or opened)

    def look_again(self) -> None:
        """After another policy, scheme, zoom or language: build the frame anew and open the same page."""
        who, function = self.top.who.text(), self.function
        self._drop_jobs()
        self._read_face()
        self._build()
        self.top.who.setText(who)
        if self.core.is_logged_in or self.overview is not None:
            self.open(function if function != "login" else "overview")
        else:
            self.open("login")
        self.meet()

    def meet(self) -> None:
        """Where this computer has never had the policy in this language, ask for it, then wear it."""
        if self.behind.policy(self.core) is not None or not self.core.house.slug:
            return
        self.jobs.start(
            lambda _progress, _cancel: self.behind.meet(self.core),
            done=lambda _none: self.refresh_face(again=True),
            failed=_quietly,
        )

    def refresh_face(self, *, again: bool = False) -> None:
        """The policy may have changed at the centre: wear what it says now; `again` opens the same page anew."""
        before = self.face
        self._read_face()
        if self.face == before:
            return
        if again:
            self.look_again()
            return
        who = self.top.who.text()
        self._build()
        self.top.who.setText(who)

    def moved(self) -> None:
        """Another institution stands behind the window now."""
        self.core = self.behind.core(self.words.tag)
        self.overview, self.begun, self.slip_asked, self.function = None, None, False, "login"
        self.top.who.setText("")
        self.look_again()

    def speak_other(self) -> None:
        """The other language, at once."""
        self.words = Words(not self.words.english)
        begun, self.begun = self.begun, None
        self.let_go(begun)
        self.core = self.behind.core(self.words.tag)
        self.look_again()

    def follow_scheme(self, scheme: Qt.ColorScheme) -> None:
        """Dark or light, as the system has it now."""
        self.use_scheme(dark=scheme is Qt.ColorScheme.Dark)

    def use_scheme(self, *, dark: bool) -> None:
        """Dark or light."""
        if dark != self.theme.dark:
            self.theme = replace(self.theme, dark=dark)
            self.look_again()

    def zoom(self, step: int) -> None:
        """Larger (1), smaller (-1) or as the system has it (0)."""
        at = _ZOOMS.index(self.theme.zoom)
        wanted = _ZOOMS.index(1.0) if not step else min(len(_ZOOMS) - 1, max(0, at + step))
        if wanted != at:
            self.theme = replace(self.theme, zoom=_ZOOMS[wanted])
            self.look_again()

    def _shortcuts(self) -> None:
        for keys, action in (
            (QKeySequence.StandardKey.ZoomIn, lambda: self.zoom(1)),
            ("Ctrl+=", lambda: self.zoom(1)),
            (QKeySequence.StandardKey.ZoomOut, lambda: self.zoom(-1)),
            ("Ctrl+0", lambda: self.zoom(0)),
            (QKeySequence.StandardKey.Refresh, lambda: self.open(self.function)),
            (QKeySequence.StandardKey.HelpContents, self._help),
            (QKeySequence.StandardKey.Quit, self.close),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(action)

    def _help(self) -> None:
        """F1: 操作說明, once somebody is here; the menu may be without it, as M3's is."""
        if self.core.is_logged_in:
            self.open("instructions")

    # Pages

    def choose(self, function: str) -> None:
        """An entry of the menu."""
        if function == "logout":
            self.log_out()
        elif function == "close":
            self.close()
        else:
            self.open(function)

    def open(self, function: str, **about: Any) -> Page:
        """Open a page. What the page before was waiting for is stopped."""
        self._drop_jobs()
        if isinstance(self.page, Page):
            self.page.leave()
        self.function = function
        page: Page = opener(function)(self, **about)
        if function in {"login", "centre"}:
            empty(self._door_box)
            self._door_box.addWidget(page)
            self.stack.setCurrentWidget(self.door_area)
        else:
            self.body.show_page(page)
            self.stack.setCurrentWidget(self.body)
        self.menu.mark(function)
        page.show()  # a layout shows it later, and what is hidden can't have the focus while a dialog is open
        page.setFocus(
            Qt.FocusReason.OtherFocusReason
        )  # Tab goes on in the page, not where the one before was left
        page.begin()
        return page

    @property
    def page(self) -> QWidget | None:
        """The page that is open."""
        if self.stack.currentWidget() is self.door_area:
            item = self._door_box.itemAt(0)
            return item.widget() if item else None
        return self.body.page

    def seen(self, overview: Overview) -> None:
        """The overview was read: name, offline mark and menu follow it."""
        self.overview = overview
        self.top.who.setText(f"{overview.name}  {overview.identity}".strip())
        self.top.offline.setVisible(overview.offline)
        self.wear()
        for function, entry in self.menu.entries.items():
            known = {each.function: each.availability for each in self.face.menu}
            if known.get(function) == "renewal-window":
                entry.setEnabled("renew" in overview.actions)

    def let_go(self, procedure: Procedure | None) -> None:
        """Close a procedure's connection, off the screen; one that the slip has begun is kept for 用戶線上憑證申請."""
        if procedure is not None and procedure is not self.begun:
            self.jobs.start(
                lambda _progress, _cancel: procedure.close(), done=_quietly, failed=_quietly, may_stop=False
            )

    def log_out(self) -> None:
        """登出, here and at the centre."""
        begun, self.begun = self.begun, None
        self.let_go(begun)
        self.overview, self.slip_asked = None, False
        self.top.who.setText("")
        self.run(lambda _progress, _cancel: self.core.log_out(), lambda _none: self.open("login"))

    # Commands

    def run(
        self,
        work: Callable[[Progress, Cancel], T],
        done: Done[T],
        *,
        failed: Callable[[Exception], object] | None = None,
    ) -> Job:
        """Run a quick command; a trouble is told on the page where `failed` is not given."""
        job = self.jobs.start(work, done=done, failed=failed or self.tell)
        self._jobs_of_page = [*(each for each in self._jobs_of_page if not each.cancel.cancelled), job]
        return job

    def run_long(
        self,
        work: Callable[[Progress, Cancel], T],
        done: Done[T],
        *,
        title: str,
        hint: str = "",
        failed: Callable[[Exception], object] | None = None,
        stopped: Callable[[], object] | None = None,
    ) -> Job:
        """Run a long command under a box that shows how far it is and can stop it."""

        def stop() -> None:
            job.abandon()
            (stopped or self._say_stopped)()

        box = ProgressDialog(self, self.theme, self.words, title=title, hint=hint, stop=stop)

        def end(action: Callable[[Any], object]) -> Callable[[Any], None]:
            def ended(value: Any) -> None:
                box.finish()
                action(value)

            return ended

        job = self.jobs.start(work, done=end(done), failed=end(failed or self.tell))
        job.stepped.connect(box.step, Qt.ConnectionType.QueuedConnection)
        box.open()
        return job

    def _say_stopped(self) -> None:
        """取消 is the customer's own wish, and no fault."""
        if isinstance(self.page, Page):
            self.page.notice("info", self.words("stopped"), [self.words("stopped.kept")])

    def _drop_jobs(self) -> None:
        for job in self._jobs_of_page:
            job.abandon()
        self._jobs_of_page = []

    def _show_busy(self, busy: bool) -> None:  # noqa: FBT001 - Qt's signal says it so
        self.body.busy.setVisible(busy)

    # Troubles

    def tell(self, trouble: Exception) -> None:
        """Say a trouble on the open page; an ended session leads to the login."""
        if isinstance(trouble, HelperError) and trouble.kind is Kind.LOGIN and self.function != "login":
            self.overview = None
            self.open("login").trouble(trouble)
            return
        page = self.page
        if isinstance(page, Page):
            page.trouble(trouble)

    def say(
        self,
        title: str,
        sentences: Sequence[str],
        *choices: Choice,
        name: str = "message",
        extra: Sequence[QWidget] = (),
    ) -> Dialog:
        """A box with 確定, or with the choices given."""
        offered = choices or (Choice(self.words("ok"), tone="first", name="ok"),)
        return message(self, self.theme, title, sentences, offered, name=name, extra=extra)

    def browse(self, url: str) -> None:
        """Open the customer's browser at a page of the house."""
        self.choosers.browser(url)

    def home_folder(self) -> str:
        """Where choosers open."""
        return str(Path.home())

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Commands end at a safe place before the window is gone."""
        if isinstance(self.page, Page):
            self.page.leave()
        begun, self.begun = self.begun, None
        self.let_go(begun)
        self.jobs.leave()
        self._tidy.leave()
        super().closeEvent(event)

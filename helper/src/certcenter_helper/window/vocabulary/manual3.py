"""Manual M3's own words, where the profile `pfxdir` says a thing otherwise than manual M0: `key@pfxdir` stands for `key` there."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    # 1. 憑證查詢暨憑證資料檢核
    "host@pfxdir": ("主機資料庫目前的憑證資訊", "The certificate in the centre's database"),
    "client@pfxdir": ("用戶端的憑證資訊", "The certificate on this computer"),
    "host.status@pfxdir": ("憑證狀態", "State"),
    "client.status@pfxdir": ("憑證狀態", "State"),
    "back.overview@pfxdir": ("回到「憑證查詢暨憑證資料檢核」", "Back to the overview"),
    "do.apply@pfxdir": ("用戶線上憑證申請", "Apply online"),
    "do.renew@pfxdir": ("憑證更新、展期", "Renew and extend"),
    "do.download@pfxdir": ("憑證下載", "Get the certificate"),
    "do.export@pfxdir": ("憑證匯出", "Export"),
    "do.import@pfxdir": ("憑證匯入", "Import"),
    # 2. 用戶線上憑證申請, 4. 憑證更新、展期
    "apply@pfxdir": ("用戶線上憑證申請", "Apply online"),
    "renew@pfxdir": ("憑證更新、展期", "Renew and extend"),
    "obtain.old.hint@pfxdir": (
        "請輸入您的憑證密碼，以確定您有權限進行「憑證更新、展期」。",
        "It shows that you may renew and extend: the old key signs the request.",
    ),
    "obtain.folder": ("(1)憑證檔案存放路徑", "(1) Folder of the certificate file"),
    "obtain.file": ("(2)預設憑證檔案名稱", "(2) Name of the certificate file"),
    "password.new@pfxdir": ("(3)請輸入新憑證密碼", "(3) New certificate password"),
    "password.hint@pfxdir": (
        "請自行設定憑證密碼，密碼長度最少{least}位數以上(英數不拘)",
        "Choose it yourself: at least {least} letters or digits.",
    ),
    "security.step@pfxdir": ("(4)憑證密碼安全設定", "(4) When to ask for the certificate password"),
    "obtain.going@pfxdir": ("系統進行憑證資料處理中，請稍後", "Your certificate is being made"),
    "stage.downloading@pfxdir": ("憑證下載中，請稍後", "Downloading the certificate"),
    "obtain.done@pfxdir": ("憑證下載成功", "Your certificate is installed"),
    "obtain.done.words@pfxdir": (
        "請點選「憑證查詢暨憑證資料檢核」，可查詢主機端之憑證資訊及用戶端之憑證資訊。",
        "The overview shows the centre's certificate and the one of this computer.",
    ),
    "obtain.advice@pfxdir": ("建議：", "We advise:"),
    "stopped.kept@pfxdir": (
        "已完成的部分都保留著；若憑證正在申請中，可用「憑證下載」繼續。",
        "What was done so far is kept. A certificate that was under way can be gone on with by Get the certificate.",
    ),
    # 3. 憑證重新下載
    "repair@pfxdir": ("憑證下載", "Get the certificate"),
    "repair.words@pfxdir": (
        "憑證申請或展期後，主機端已更新成功，用戶端更新失敗時使用",
        "Use this where the centre has a new certificate and this computer could not get it.",
    ),
    "repair.going@pfxdir": ("憑證下載中，請稍後", "Downloading the certificate"),
    "repair.repaired@pfxdir": ("憑證下載成功", "Your certificate was downloaded"),
    "repair.done.words@pfxdir": (
        "請點選「憑證查詢暨憑證資料檢核」，可查詢主機端之憑證資訊及用戶端之憑證資訊。",
        "The overview shows the centre's certificate and the one of this computer.",
    ),
    # 6. 憑證匯出
    "export@pfxdir": ("憑證匯出", "Export"),
    "export.folder@pfxdir": ("(1)請選擇憑證匯出儲存路徑", "(1) Folder to export to"),
    "export.folder.hint@pfxdir": ("請點選瀏覽，並選擇憑證檔案存放路徑", "Choose Browse, then the folder."),
    "export.name@pfxdir": ("(2)預設憑證檔案名稱", "(2) File name"),
    "export.name.fixed@pfxdir": ("憑證檔案名稱請勿修改", "Please do not change the name."),
    "export.present@pfxdir": ("(3)請輸入憑證密碼", "(3) Certificate password"),
    "export.password@pfxdir": (
        "請輸入憑證所設定的憑證密碼",
        "The password that locks the certificate on this computer.",
    ),
    "export.go@pfxdir": ("執行匯出", "Export"),
    "export.done@pfxdir": ("憑證匯出成功", "Exported"),
    "export.done.words@pfxdir": (
        '您可於指定儲存的路徑 "{folder}" 中找到匯出之憑證（憑證檔名為您的身份證字號）。',
        'You find the certificate in the folder "{folder}"; the file is named after your ID.',
    ),
    "export.done.more@pfxdir": (
        "請注意！請妥善保管憑證檔案及牢記憑證密碼，日後若要至其他電腦進行網路下單時，可使用本系統的「憑證匯入」功能，可將您備份的憑證資訊註冊至其他電腦，即可直接進行網路下單交易。",
        "Keep the file in a safe place and its password in mind. With Import it works on another computer, too, and you can trade there.",
    ),
    # 7. 憑證匯入
    "import@pfxdir": ("憑證匯入", "Import"),
    "import.when@pfxdir": (
        "適用時機：當您變更電腦下單時，請執行本功能，以將憑證資料匯入新電腦",
        "Use this when you trade on another computer: it brings your certificate there.",
    ),
    "import.file@pfxdir": ("(1)請選擇憑證檔案儲存路徑", "(1) Certificate file"),
    "import.file.hint@pfxdir": (
        "請點選瀏覽，並選擇欲匯入之憑證檔案存放路徑",
        "Choose Browse, then the file to import.",
    ),
    "import.name": ("(2)預設憑證檔案名稱", "(2) Name of the file"),
    "import.name.fixed": ("憑證檔案名稱請勿自行修改", "Please do not change the name."),
    "import.password@pfxdir": ("(3)請輸入憑證密碼", "(3) Certificate password"),
    "import.password.hint@pfxdir": ("請輸入您自行設定的憑證密碼", "The one that you chose yourself."),
    "import.go@pfxdir": ("執行匯入", "Import"),
    "import.done.words@pfxdir": (
        "請點選左方「憑證查詢暨憑證資料檢核」，檢查「用戶端的憑證資訊」與「主機端的憑證資訊」是否相符。",
        "Please look at the overview: the certificate on this computer should be the same as the centre's.",
    ),
    # 8. 憑證檔(PFX)密碼變更, 9. 憑證密碼安全設定
    "passwd.place": ("(1)您註冊的憑證路徑為", "(1) Your certificate file"),
    "passwd.old@pfxdir": ("(2)請輸入原憑證密碼", "(2) Present certificate password"),
    "own.none.words@pfxdir": (
        "若您未曾將憑證資料註冊至該電腦，請先執行「憑證匯入」。",
        "If your certificate was never installed on this computer, import it first.",
    ),
}

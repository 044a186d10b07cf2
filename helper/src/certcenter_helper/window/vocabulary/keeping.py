"""What is done with a certificate that is here: files, repair, orders, the phone."""

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    # Export
    "export": ("匯出憑證", "Export a certificate"),
    "export.name": ("憑證匯出檔名", "File name"),
    "export.name.fixed": ("憑證檔案名稱請勿修改。", "The name is fixed."),
    "export.present": ("請輸入憑證密碼", "Certificate password"),
    "export.name.free": ("可自行修改檔名。", "You may change it."),
    "export.folder": ("請選擇憑證匯出儲存路徑", "Folder to export to"),
    "export.folder.missing": ("請選擇資料夾。", "Please choose a folder."),
    "export.password": (
        "您申請或匯入此憑證時，在這台電腦設定的密碼。",
        "The one that you chose on this computer when you applied for the certificate or imported it.",
    ),
    "export.new": ("設定憑證密碼", "Password of the exported file"),
    "export.new.words": (
        "以下是匯出檔案的新密碼，日後匯入時需要它，請牢記。",
        "Now a new password for the exported file. It is asked when the file is imported: keep it in mind.",
    ),
    "export.again": ("再次確認密碼", "The same again"),
    "export.compatible": (
        "相容格式（供舊版 Windows 使用）",
        "Compatible format, for old versions of Windows",
    ),
    "export.compatible.warning": (
        "相容格式的保護較弱，只有在舊系統無法讀取時才使用。",
        "Its protection is weaker. Use it only where an old system can't read the ordinary one.",
    ),
    "export.go": ("確定匯出", "Export"),
    "export.going": ("匯出中，請稍候", "Exporting"),
    "export.important": ("《重要說明》", "Please note"),
    "export.choose": ("選擇儲存路徑", "Choose the folder for the file"),
    "export.overwrite": ("要取代原有的檔案嗎？", "Replace the file that is there?"),
    "export.overwrite.yes": ("取代", "Replace"),
    "export.done": ("匯出成功", "Exported"),
    "export.done.words": (
        '您的憑證已成功匯出，並已存放至 "{folder}" 目錄下，回到 [憑證查詢及申請] 功能。',
        'Your certificate was exported to the folder "{folder}". OK leads back to the overview.',
    ),
    "export.done.file": ("檔名：{file}", "File name: {file}"),
    # Import
    "import": ("匯入憑證", "Import a certificate"),
    "import.when": (
        "若您於申請憑證完成時，已另行備份匯出至隨身碟或其他硬碟，請將備份憑證匯入電腦中，即可網路下單。",
        "If you kept a backup on a stick or another disk, import it here and you can trade on this computer.",
    ),
    "import.drop": ("將憑證檔案拖曳到這裡", "Drop the certificate's file here"),
    "import.file": ("請選擇憑證檔案", "Certificate file"),
    "import.file.hint": ("副檔名為 .pfx 或 .p12", "Its name ends in .pfx or .p12"),
    "import.file.missing": ("請選擇憑證檔案。", "Please choose a file."),
    "import.kinds": (
        "憑證檔案 (*.pfx *.p12);;所有檔案 (*)",
        "Certificate files (*.pfx *.p12);;All files (*)",
    ),
    "import.password": ("請輸入憑證密碼", "Password of the file"),
    "import.password.hint": (
        "請輸入憑證匯出時所設定的密碼。",
        "The one that was chosen when it was exported.",
    ),
    "import.go": ("確定", "Import"),
    "import.going": ("匯入中，請稍候", "Importing"),
    "import.ask": ("您要安裝此憑證嗎？", "Install this certificate?"),
    "import.yes": ("是", "Yes"),
    "import.done": ("匯入成功", "Imported"),
    "import.done.words": (
        "憑證已安裝於此電腦，請確認客戶端與主機端的憑證序號是否相同。",
        "The certificate is installed on this computer. Please check that it is the same as the centre's.",
    ),
    # Repair
    "repair": ("憑證修復", "Repair a certificate"),
    "repair.words": (
        "如申請/更新憑證過程中失敗，可使用此功能進行憑證修復。",
        "Did an application or renewal break off? This goes on with it.",
    ),
    "repair.note.1": (
        "此修復功能僅提供在「申請憑證時下載失敗」，通常是在公鑰下載時發生了網路訊斷、不小心切換網頁.....等。",
        "Repair helps where the download failed during an application, for instance because the network broke.",
    ),
    "repair.note.2": (
        "此處下載的僅有「憑證公鑰」，若您的電腦中不存在申請時產生的「私密金鑰」，憑證仍無法正常使用。",
        "Only the certificate is downloaded. Without the private key that this computer made when you applied, it can't be used.",
    ),
    "repair.going": ("憑證修復中，請稍候", "Repairing"),
    "repair.nothing": ("憑證正常，無需修復", "All is well: there is nothing to repair"),
    "repair.repaired": ("下載成功。", "Downloaded."),
    "repair.key-missing": ("此電腦沒有申請時產生的私密金鑰", "The private key is not on this computer"),
    "repair.not-issued": (
        "憑證尚未核發，請稍後再試",
        "The certificate is not made yet. Please come back in a while",
    ),
    "repair.not-sent": (
        "申請未送達憑證中心，請重新申請或更新",
        "The application never reached the centre: apply or renew again",
    ),
    "repair.cleaned": ("已整理未完成的申請", "The remains of an application were put aside"),
    "repair.done.words": (
        "請點選「憑證查詢及申請」確認您電腦中的憑證狀況是否為【可匯出】",
        "Please look at the overview: the certificate on this computer should now be one that can be exported.",
    ),
    # Orders
    "order.words": (
        "以您的憑證簽署一筆委託，並由憑證中心驗章。",
        "Signs one order with your certificate; the centre verifies it and keeps the evidence.",
    ),
    "order.account": ("帳號", "Account"),
    "order.account.named": ("{number}（{line}）", "{number} ({line})"),
    "order.account.none": ("您沒有可下單的帳號。", "You have no account to trade with."),
    "line.securities": ("證券", "securities"),
    "line.futures": ("期貨", "futures"),
    "line.sub-brokerage": ("複委託", "sub-brokerage"),
    "line.wealth": ("財富管理", "wealth management"),
    "line.stock-agency": ("股代", "stock agency"),
    "order.side": ("買賣別", "Buy or sell"),
    "order.buy": ("買進", "Buy"),
    "order.sell": ("賣出", "Sell"),
    "order.symbol": ("股票代號", "Symbol"),
    "order.quantity": ("股數", "Shares"),
    "order.price": ("價格", "Price"),
    "order.go": ("簽章送出", "Sign and submit"),
    "order.going": ("簽章中，請稍候", "Signing"),
    "order.missing": ("請填寫此欄。", "Please fill this in."),
    "order.ask": ("請輸入憑證密碼以簽署委託", "Type your certificate password to sign the order"),
    "order.done": ("簽章正確，委託已受理", "The signature is right; the order is accepted"),
    "order.evidence": ("存證編號：{evidence}", "Evidence number: {evidence}"),
    # Phone
    "phone.words": (
        "請在手機以同一客戶登入手機頁面，手機會顯示一組 QR 碼；將 QR 碼的圖片或文字放到這裡。",
        "Log in on the phone's page as the same customer. It shows a QR code: give its picture or its text here.",
    ),
    "phone.text": ("QR 碼文字", "Text of the QR code"),
    "phone.picture": ("選擇 QR 碼圖片", "Choose a picture of the code"),
    "phone.pictures": (
        "圖片 (*.png *.jpg *.jpeg *.bmp *.webp)",
        "Pictures (*.png *.jpg *.jpeg *.bmp *.webp)",
    ),
    "phone.missing": ("請貼上 QR 碼文字，或選擇圖片。", "Paste the code's text, or choose its picture."),
    "phone.go": ("憑證上傳手機", "Upload to the phone"),
    "phone.going": ("上傳中，請稍候", "Uploading"),
    "phone.matching": ("請確認手機上顯示相同的代碼", "Check that the phone shows the same code"),
    "phone.same": ("相同，上傳", "The same: upload"),
    "phone.done": ("憑證上傳成功", "Uploaded"),
    "phone.done.words": (
        "請至手機或行動裝置輸入憑證檔案密碼，即完成「憑證上傳手機」功能。",
        "Type the certificate password on the phone or other device to finish.",
    ),
}

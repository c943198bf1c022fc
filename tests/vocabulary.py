"""Words and sentence plans from which `altered` makes articles: six languages, written for these tests.

A plan is a format string over the lists of its language; `{n}` is a number from 2 to 998. The
sentences are grammatical and mean nothing in particular; what matters is that lines are as long, as
varied and as punctuated as those of real articles.
"""

from typing import NamedTuple


class Language(NamedTuple):
    """What an article in one language is made of."""

    words: dict[str, list[str]]  # the lists that plans draw from
    headlines: list[str]  # plans, without a final stop
    subs: list[str]
    captions: list[str]
    sentences: list[str]
    dates: list[str]
    roles: list[str]
    photo: list[str]  # labels before a caption's copy
    sites: list[str]
    gap: str = " "  # between two sentences


ENGLISH = Language(
    words={
        "who": [
            "the harbour board", "the city council", "the rail company", "the fishing fleet",
            "the school inspectors", "the mountain rescue", "the water authority", "the bridge engineers",
            "the orchard owners", "the film festival", "the bus drivers", "the district hospital",
            "the salt works", "the university library", "the lighthouse service", "the farmers' union",
        ],
        "did": [
            "has approved", "has put off", "has defended", "has cancelled", "wants to reopen", "will pay for",
            "is testing", "has lost", "has promised", "cannot explain", "has presented", "is looking for",
        ],
        "what": [
            "a second night ferry", "the repair of the old quay", "a new timetable", "the winter road",
            "a fund for flooded cellars", "the sale of the tram depot", "a school on the upper island",
            "the count of the cranes", "a ban on heavy lorries", "a well below the market hall",
            "the longest zip wire of the coast", "a museum of lost luggage", "cheaper tickets for nurses",
            "the last steam dredger",
        ],
        "where": [
            "in the lower town", "on the east bank", "between the islands", "at the foot of the pass",
            "behind the station", "in the upper valley", "along the coast road", "near the old airfield",
            "on the salt marsh", "in the harbour district",
        ],
        "when": [
            "on Monday", "on Tuesday evening", "after a long debate", "before the summer", "last week",
            "on Thursday morning", "within two months", "at the end of the season", "despite the storm",
        ],
        "person": [
            "Ingrid Moe", "Peter Lund", "Ellen Marsh", "Jonas Keil", "Ida Holm", "Samuel Okoro", "Ruth Calder",
            "Tomas Brandt", "Clara Dunne",
        ],
        "said": ["We waited long enough", "Nobody asked us", "It will be done by spring", "The numbers are clear",
                 "This is only a beginning", "There was no other way"],
    },
    headlines=[
        "{who} {did} {what} {where}", "{who} {did} {what} – {n} jobs at stake", "“{said}”: {who} {did} {what}",
        "{n} villages cut off as {who} {did} {what}", "{person} on {what}: “{said}”",
    ],
    subs=[
        "{person} speaks of {n} open questions and asks for patience {where}",
        "Work is to begin {when} and will cost {n} thousand",
        "“{said},” says {person}, who has followed {what} for years",
    ],
    captions=[
        "People wait {where} for news about {what} {when}. (Photo: {person})",
        "{person} looks at {what} {where} {when}. REUTERS/{person}",
        "A view of {what} {where} – the work has cost {n} thousand so far. (AFP)",
    ],
    sentences=[
        "{who} {did} {what} {where} {when}.",
        "“{said},” said {person}, who has worked {where} for {n} months and has no plans to leave.",
        "According to {person}, {who} {did} {what} {when}, although {n} residents had signed a letter against it.",
        "The plan, which was first discussed {where}, is expected to cost {n} thousand and to be finished {when}.",
        "{person} told reporters {where} that {who} {did} {what}, and that more would be known {when}.",
        "Some {n} people were affected, most of them {where}, where the power failed for several hours.",
        "A spokeswoman for {person} declined to say whether {who} would also pay for {what}.",
        "It was not clear {when} how {who} intended to go on without {what}.",
    ],
    dates=["Monday, {n} days after the storm", "Tuesday, No. {n}"],
    roles=["Columnist, {person}", "Writer and former harbour pilot", "Correspondent for the islands"],
    photo=["Photo: ", "FILE PHOTO: ", "(Reuters) ", "AFP - "],
    sites=[" | The Quay Courier", " - The Quay Courier", " – Valley Post"],
)

GERMAN = Language(
    words={
        "who": [
            "der Stadtrat", "die Hafenbehörde", "das Kreiskrankenhaus", "die Bergwacht", "der Busbetrieb",
            "die Wasserwerke", "der Bauernverband", "die Universität", "das Filmfestival", "die Feuerwehr",
            "der Heimatverein", "die Straßenmeisterei",
        ],
        "what": [
            "die zweite Nachtfähre", "den neuen Fahrplan", "das alte Zollhaus", "die Sperrung der Passstraße",
            "den Verkauf des Straßenbahndepots", "das Museum für Fundsachen", "die Zählung der Kraniche",
            "den Brunnen unter der Markthalle", "die längste Seilrutsche der Küste", "günstigere Fahrkarten",
            "den letzten Dampfbagger", "die Schule auf der oberen Insel",
        ],
        "done": ["genehmigt", "verschoben", "verteidigt", "vorgestellt", "bezahlt", "abgelehnt", "angekündigt",
                 "geprüft", "gerettet", "vergessen"],
        "where": [
            "in der Unterstadt", "am Ostufer", "zwischen den Inseln", "am Fuß des Passes", "hinter dem Bahnhof",
            "im oberen Tal", "an der Küstenstraße", "beim alten Flugplatz", "in der Salzmarsch",
        ],
        "when": [
            "am Montag", "am Dienstagabend", "nach langer Debatte", "vor dem Sommer", "in der vergangenen Woche",
            "am Donnerstagmorgen", "zum Ende der Saison", "trotz des Sturms",
        ],
        "person": ["Martina Berger", "Jonas Keil", "Emre Aydin", "Lukas Brandt", "Hanna Groß", "Jürgen Weiß",
                   "Käthe Möller"],
        "said": ["Wir haben lange genug gewartet", "Niemand hat uns gefragt", "Das ist erst der Anfang",
                 "Die Zahlen sind eindeutig", "Es gab keinen anderen Weg"],
    },
    headlines=[
        "{who} hat {what} {done}", "{person}: „{said}“ – Streit um {n} Stellen {where}",
        "{n} Dörfer abgeschnitten: {who} hat {what} {done}", "„{said}“: {who} hat {what} {done}",
    ],
    subs=[
        "{person} spricht von {n} offenen Fragen und bittet {where} um Geduld",
        "Die Arbeiten beginnen {when} und kosten {n} Tausend Euro",
        "„{said}“, sagt {person} über die Lage {where}",
    ],
    captions=[
        "Menschen warten {where} auf Nachrichten über {what}. Foto: {person}",
        "{person} betrachtet {when} {what} {where}. ({n} Bilder, dpa)",
        "Blick auf {what} {where} – die Arbeiten haben {n} Tausend Euro gekostet. (Foto: {person})",
    ],
    sentences=[
        "Nach Angaben von {person} hat {who} {when} {what} {done}, obwohl {n} Anwohner dagegen unterschrieben hatten.",
        "„{said}“, sagte {person}, seit {n} Monaten {where} tätig und mit den Verhältnissen bestens vertraut.",
        "Der Plan, über den {where} zuerst gesprochen wurde, kostet {n} Tausend Euro und soll {when} fertig sein.",
        "Betroffen waren rund {n} Menschen, die meisten von ihnen {where}, wo mehrere Stunden lang der Strom ausfiel.",
        "Warum {who} {what} {done} hat, blieb {when} zunächst offen.",
        "{person} wollte {where} nicht sagen, ob {who} auch dafür aufkommt.",
        "Dass {who} {when} {what} {done} hat, überraschte {where} selbst die Fachleute.",
    ],
    dates=["Montag, {n} Tage nach dem Sturm", "Dienstag, Ausgabe Nr. {n}"],
    roles=["Kolumnist, {person}", "Redakteurin im Ressort Stadt", "Schriftsteller und Lotse"],
    photo=["Foto: ", "Archivbild: ", "(dpa) "],
    sites=[" | Hafenbote", " - Obertaler Anzeiger"],
)

TURKISH = Language(
    words={
        "who": [
            "belediye meclisi", "liman başkanlığı", "balıkçılar birliği", "ilçe hastanesi", "su idaresi",
            "üniversite kütüphanesi", "film şenliği", "dağ kurtarma ekibi", "otobüs şoförleri", "çiftçiler odası",
        ],
        "what": [
            "ikinci gece vapurunu", "yeni tarifeyi", "eski rıhtımın onarımını", "kış yolunu",
            "yukarı adadaki okulu", "turnaların sayımını", "ağır kamyon yasağını", "kayıp eşya müzesini",
            "çarşının altındaki kuyuyu", "son buharlı tarak gemisini",
        ],
        "did": ["onayladı", "erteledi", "savundu", "iptal etti", "tanıttı", "yeniden açtı", "sınadı", "kurtardı"],
        "where": [
            "aşağı mahallede", "doğu kıyısında", "adalar arasında", "geçidin eteğinde", "istasyonun arkasında",
            "yukarı vadide", "sahil yolunda", "eski havaalanının yanında",
        ],
        "when": ["pazartesi günü", "salı akşamı", "uzun tartışmalardan sonra", "yaz gelmeden", "geçen hafta",
                 "perşembe sabahı", "fırtınaya rağmen", "ay sonunda"],
        "person": ["Elif Aydın", "Kemal Işık", "Zeynep Doğan", "İbrahim Şahin", "Gülay Çınar", "Murat Yıldız"],
        "said": ["Yeterince bekledik", "Bize kimse sormadı", "Bu daha başlangıç", "Rakamlar ortada",
                 "Başka yol yoktu"],
    },
    headlines=[
        "{who} {where} {what} {did}", "“{said}”: {who} {what} {did}",
        "{n} köy yolda kaldı – {who} {what} {did}", "{person}: “{said}”, {n} kişi işini bekliyor",
    ],
    subs=[
        "{person}, {n} sorunun yanıtsız kaldığını söyledi ve {where} sabır istedi",
        "Çalışmalar {when} başlayacak ve {n} bin liraya mal olacak",
    ],
    captions=[
        "Kasaba sakinleri {when} {where} haber bekliyor. (Fotoğraf: {person})",
        "{person} {where} çekilen {n} kareden birinde – {when}. REUTERS/{person}",
        "{where} toplanan {n} kişi çalışmaları izliyor. (AA)",
    ],
    sentences=[
        "{who} {when} {where} toplanarak {n} kişinin karşı çıkmasına rağmen {what} {did}.",
        "“{said}” diyen {person}, {n} aydır {where} çalıştığını ve ayrılmayı düşünmediğini anlattı.",
        "İlk kez {where} konuşulan ve {n} bin liraya mal olacağı hesaplanan çalışma {when} tamamlanacak.",
        "Çoğu {where} yaşayan {n} kadar kişi, elektrik saatlerce gelmediği için geceyi akrabalarının yanında geçirdi.",
        "{person}, {who} ile yapılan görüşmelerin {when} yeniden başlayacağını gazetecilere duyurdu.",
        "{when} yapılan açıklamada, {who} tarafından atılan adımın {where} nasıl karşılandığına değinilmedi.",
    ],
    dates=["Pazartesi, fırtınadan {n} gün sonra", "Salı, sayı {n}"],
    roles=["Köşe yazarı, {person}", "Yazar ve eski liman kılavuzu"],
    photo=["Fotoğraf: ", "(AA) ", "Arşiv: "],
    sites=[" | Kıyı Postası", " - Vadi Haber"],
)

RUSSIAN = Language(
    words={
        "who": [
            "городской совет", "портовый комитет", "союз рыбаков", "районный суд", "водоканал",
            "отряд спасателей", "кинофестиваль", "университет", "автобусный парк", "музей маяка",
        ],
        "did": ["одобрил", "отложил", "защитил", "отменил", "представил", "оплатил", "проверил", "потерял",
                "пообещал вернуть", "решил сохранить"],
        "what": [
            "второй ночной паром", "ремонт старой набережной", "новое расписание", "зимнюю дорогу",
            "школу на верхнем острове", "подсчёт журавлей", "запрет тяжёлых грузовиков", "музей забытых вещей",
            "колодец под рынком", "последний паровой земснаряд",
        ],
        "where": [
            "в нижнем городе", "на восточном берегу", "между островами", "у подножия перевала", "за вокзалом",
            "в верхней долине", "вдоль береговой дороги", "возле старого аэродрома",
        ],
        "when": ["в понедельник", "во вторник вечером", "после долгих споров", "до начала лета",
                 "на прошлой неделе", "утром в четверг", "несмотря на шторм"],
        "person": ["Анна Лосева", "Пётр Громов", "Ольга Ершова", "Илья Соколов", "Вера Тихая", "Семён Королёв"],
        "said": ["Мы ждали достаточно", "Нас никто не спросил", "Это только начало", "Цифры говорят сами",
                 "Другого пути не было"],
    },
    headlines=[
        "{who} {did} {what} {where}", "«{said}»: {who} {did} {what}",
        "{n} деревень отрезано – {who} {did} {what}", "{person}: «{said}», под вопросом {n} рабочих мест",
    ],
    subs=[
        "{person} говорит о {n} нерешённых вопросах и просит {where} набраться терпения",
        "Работы начнутся {when} и обойдутся в {n} тысяч рублей",
    ],
    captions=[
        "Жители ждут новостей {where} {when}. Фото: {person}",
        "{person} осматривает {what} {where} {when}. РИА Новости/{person}",
        "Вид на {what} {where} – на работы ушло {n} тысяч рублей. (ТАСС)",
    ],
    sentences=[
        "{when} {who} {did} {what} {where}, хотя против этого подписались {n} местных жителей.",
        "«{said}», – говорит {person}, чья работа уже {n} месяцев связана с тем, что происходит {where}.",
        "План, о котором впервые заговорили {where}, обойдётся в {n} тысяч рублей и будет завершён {when}.",
        "Без света остались около {n} человек, большинство из них {where}, где провода оборвало ещё ночью.",
        "По словам очевидцев, {who} {did} {what}, а подробности станут известны {when}.",
        "{person} не отвечает на вопрос, почему {who} {did} {what} именно {when}.",
    ],
    dates=["Понедельник, {n} дней после шторма", "Вторник, № {n}"],
    roles=["Обозреватель, {person}", "Писатель и бывший лоцман"],
    photo=["Фото: ", "(ТАСС) ", "Архивное фото: "],
    sites=[" | Вестник порта", " - Голос долины"],
)

ARABIC = Language(
    words={
        "did": ["أقرّ", "أجّل", "أعلن", "ألغى", "عرض", "يدرس", "أعاد", "انتقد", "موّل", "أنقذ"],
        "who": [
            "مجلس المدينة", "مجلس إدارة الميناء", "اتحاد الصيادين", "مستشفى المنطقة", "فريق الإنقاذ الجبلي",
            "مهرجان السينما", "اتحاد المزارعين", "متحف البحر", "قسم المياه", "مركز البحوث",
        ],
        "what": [
            "تشغيل العبّارة الليلية الثانية", "ترميم الرصيف القديم", "جدول المواعيد الجديد", "فتح الطريق الشتوي",
            "بناء المدرسة في الجزيرة العليا", "إحصاء طيور الكركي", "حظر الشاحنات الثقيلة",
            "متحف الأمتعة المفقودة", "حفر البئر تحت السوق", "بيع مستودع الترام",
        ],
        "where": [
            "في المدينة السفلى", "على الضفة الشرقية", "بين الجزر", "عند سفح الجبل", "خلف المحطة",
            "في أعلى الوادي", "على امتداد طريق الساحل", "قرب المطار القديم",
        ],
        "when": ["يوم الاثنين", "مساء الثلاثاء", "بعد نقاش طويل", "قبل حلول الصيف", "الأسبوع الماضي",
                 "صباح الخميس", "رغم العاصفة"],
        "person": ["سليم حداد", "ليلى منصور", "يوسف الخطيب", "نادية صالح", "كريم عوض", "هدى الشامي"],
        "said": ["انتظرنا بما يكفي", "لم يسألنا أحد", "هذه مجرد بداية", "الأرقام واضحة", "لم يكن هناك طريق آخر"],
    },
    headlines=[
        "{who}: {what} {where} {when}", "{did} {who} {what} {where}", "«{said}»: {did} {who} {what}",
        "{n} قرية معزولة – {who} يناقش {what}", "{person}: «{said}» {where}",
    ],
    subs=[
        "{person}: هناك {n} سؤالًا بلا جواب والأهالي مدعوون إلى الصبر {where}",
        "تبدأ الأعمال {when} وتبلغ كلفتها {n} ألفًا",
    ],
    captions=[
        "أهالٍ ينتظرون الأخبار {where} {when} (تصوير {person})",
        "جانب من الأعمال {where} – بلغت الكلفة {n} ألفًا حتى الآن (أ.ف.ب)",
        "{person} خلال جولة {where} {when} (رويترز)",
    ],
    sentences=[
        "{did} {who} {what} {where} {when}، على الرغم من اعتراض {n} من السكان الذين وقّعوا رسالة مشتركة.",
        "وجاء في تصريح منسوب إلى {person} {where}: «{said}»، وهو ما أكده {n} شاهدًا حضروا الاجتماع.",
        "ومن المقرر أن تبلغ كلفة المشروع الذي بدأ الحديث عنه {where} نحو {n} ألفًا وأن يكتمل {when}.",
        "وتضرر نحو {n} شخصًا يقيم معظمهم {where}، حيث انقطعت الكهرباء ساعات عدة ثم عادت تدريجيًا.",
        "ولم يتضح {when} كيف سيواصل {who} العمل من دون الاتفاق على {what}.",
        "وبحسب مصادر محلية فقد {did} {who} {what}، على أن تُعلن التفاصيل {when}.",
    ],
    dates=["الاثنين، بعد {n} يومًا من العاصفة", "الثلاثاء، العدد {n}"],
    roles=["كاتب عمود، {person}", "كاتب ومرشد ملاحي سابق"],
    photo=["صورة: ", "(رويترز) ", "صورة أرشيفية: "],
    sites=[" | بريد الميناء", " - صحيفة الوادي"],
)

CHINESE = Language(
    words={
        "who": ["市议会", "港务局", "渔民协会", "县医院", "自来水公司", "山地救援队", "公交公司", "大学图书馆", "电影节组委会",
                "果农合作社", "灯塔管理处"],
        "did": ["批准了", "推迟了", "公布了", "取消了", "重新讨论了", "开始测试", "决定保留", "出资支持"],
        "what": ["第二条夜间渡轮航线", "老码头修缮工程", "新的列车时刻表", "冬季公路养护计划", "上岛小学扩建方案", "鹤群普查结果",
                 "重型货车禁行规定", "失物博物馆项目", "菜市场地下水井", "护士优惠票价"],
        "where": ["老城区", "东岸", "两岛之间", "山口脚下", "火车站后面", "上游河谷", "海滨公路沿线", "旧机场附近"],
        "when": ["周一", "周二晚间", "经过长时间讨论后", "入夏之前", "上周", "周四上午", "冒着暴雨"],
        "person": ["林岚", "周明远", "陈晓禾", "王素琴", "李海平", "赵一帆"],
        "said": ["我们已经等得够久了", "没有人问过我们的意见", "这只是一个开始", "数字说明了一切", "当时没有别的办法"],
    },
    headlines=[
        "{who}{when}{did}{what}，涉及居民{n}户", "“{said}”：{who}{did}{what}",
        "{where}{n}个村庄交通中断，{who}{did}{what}", "{person}谈{what}——“{said}”",
    ],
    subs=["{person}表示仍有{n}个问题有待解决，请{where}居民耐心等待", "工程{when}动工，预计投入{n}万元，{where}居民将率先受益"],
    captions=[
        "{when}，居民在{where}等候有关{what}的消息。（摄影：{person}）",
        "{person}{when}在{where}查看现场，工程已经投入{n}万元。（新华社）",
        "从高处眺望{where}——施工队已经在这里工作了{n}天。（{person} 摄）",
    ],
    sentences=[
        "{when}，{who}在{where}召开会议，{did}{what}，此前曾有{n}名居民联名写信表示反对。",
        "“{said}。”在{where}工作了{n}个月的{person}对记者说，自己并没有离开这里的打算。",
        "这项最早在{where}提出的计划预计需要投入{n}万元，如果一切顺利，{when}就能看到结果。",
        "受影响的居民约有{n}人，其中大部分住在{where}，那里的电力供应中断了好几个小时才恢复。",
        "{person}没有说明{who}为什么在此时{did}{what}，只表示有关情况将及时向社会公布。",
        "据介绍，{who}{when}还将邀请{n}位市民代表到{where}实地察看，并当面听取大家的意见。",
    ],
    dates=["周一，暴雨后第{n}天", "周二，总第{n}期"],
    roles=["专栏作家，{person}", "作家、退休引水员"],
    photo=["图片：", "（路透社）", "资料图："],
    sites=[" | 江边日报", " - 河谷新闻网"],
    gap="",
)

LANGUAGES = {"en": ENGLISH, "de": GERMAN, "tr": TURKISH, "ru": RUSSIAN, "ar": ARABIC, "zh": CHINESE}

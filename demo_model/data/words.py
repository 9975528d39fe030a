"""Words that dialogues are about. Lists are split by `|`; invented words come from syllables."""

from __future__ import annotations

import random


def split(text: str, separator: str = "|") -> tuple[str, ...]:
    """A list written as one text, without the line breaks."""
    return tuple(word.strip() for word in text.replace("\n", " ").split(separator) if word.strip())


FIRST_NAMES = split(
    """Anna|Ben|Clara|David|Emma|Felix|Grace|Hugo|Iris|Jack|Kate|Leo|Maria|Noah|Olivia|Paul|Quinn|Rosa|Sam|Tina|Umar
    |Vera|Will|Xena|Yusuf|Zoe|Alice|Bob|Carlos|Diana|Elena|Frank|Gina|Henry|Isabel|James|Karen|Liam|Mia|Nora|Oscar
    |Peter|Rita|Sofia|Tom|Ursula|Victor|Wendy|Ahmed|Aisha|Amir|Ananya|Bianca|Chen|Chloe|Dmitri|Eva|Fatima|Georgia
    |Hannah|Ivan|Jamal|Julia|Kenji|Lara|Luca|Marta|Mehmet|Nina|Omar|Priya|Rahul|Sara|Tariq|Yuki|Zara|Max|Ella|Finn
    |Jonas|Lily|Daniel|Sven|Greta|Lucy|Mark|Steve|Laura|Robert|Susan|Linda|Michael|Sarah|Kevin|Brian|Amy|Eric|Helen
    |Ingrid|Pablo|Mateo|Amara|Kofi|Nia|Ravi|Mei|Hiro|Sakura|Olga|Piotr|Bruno|Camila|Diego|Elif|Farah|Gustav|Hana
    |Theo|Ada|Ruth|Miriam|Joel|Simon|Nadia|Bruce|Marcus|Tess|Dora|Otto|Ines|Pia|Milo|Ruby|Ezra|Arlo|Maya|Ali"""
)
LAST_NAMES = split(
    """Smith|Jones|Brown|Garcia|Miller|Davis|Lopez|Wilson|Anderson|Thomas|Taylor|Moore|Martin|Lee|White|Clark|Lewis
    |Walker|Hall|Young|King|Wright|Scott|Green|Baker|Adams|Nelson|Hill|Rivera|Campbell|Mitchell|Carter|Roberts|Novak
    |Kowalski|Rossi|Müller|Schmidt|Tanaka|Sato|Kim|Park|Nguyen|Patel|Khan|Singh|Ivanov|Silva|Santos|Okafor|Mensah
    |Hansen|Larsen|Berg|Dubois|Moreau|Costa|Ferrari|Weber|Fischer|Becker|O'Brien|Murphy|Kelly|de Vries|van Dijk"""
)
CITIES = split(
    """Paris|London|Berlin|Madrid|Rome|Vienna|Prague|Oslo|Stockholm|Helsinki|Copenhagen|Dublin|Lisbon|Athens|Warsaw
    |Budapest|Brussels|Zurich|Geneva|Milan|Naples|Munich|Hamburg|Cologne|Lyon|Nice|Barcelona|Seville|Porto|Krakow
    |Istanbul|Ankara|Cairo|Lagos|Nairobi|Accra|Cape Town|Casablanca|Tunis|Dubai|Doha|Tehran|Baghdad|Delhi|Mumbai
    |Kolkata|Chennai|Bangkok|Hanoi|Jakarta|Manila|Singapore|Kuala Lumpur|Tokyo|Osaka|Kyoto|Seoul|Busan|Beijing
    |Shanghai|Hong Kong|Taipei|Sydney|Melbourne|Perth|Auckland|New York|Los Angeles|Chicago|Houston|Boston|Seattle
    |San Francisco|Denver|Miami|Atlanta|Dallas|Portland|Las Vegas|Toronto|Montreal|Vancouver|Mexico City|Bogota|Lima
    |Quito|Santiago|Buenos Aires|Rio de Janeiro|Sao Paulo|Havana|San Diego|Austin|Leeds|Glasgow|Edinburgh|Bristol
    |Cardiff|Belfast|Ghent|Utrecht|Bern|Graz|Bergen|Tallinn|Riga|Vilnius|Sofia|Bucharest|Belgrade|Zagreb|Split
    |Reykjavik|Marrakesh|Addis Ababa|Kampala|Dakar|Muscat|Amman|Beirut|Karachi|Lahore|Dhaka|Colombo|Kathmandu"""
)
COUNTRIES = split(
    """France|Germany|Spain|Italy|Japan|China|India|Brazil|Canada|Mexico|Norway|Sweden|Finland|Denmark|Poland|Greece
    |Turkey|Egypt|Kenya|Nigeria|South Africa|Australia|New Zealand|Argentina|Chile|Peru|Colombia|Portugal|Ireland
    |Iceland|Austria|Switzerland|Belgium|Hungary|Romania|Vietnam|Thailand|Indonesia|South Korea|Morocco|Cuba|Nepal"""
)
LANGUAGES = split(
    """French|German|Spanish|Italian|Japanese|Chinese|Hindi|Portuguese|Swedish|Finnish|Danish|Polish|Greek|Turkish
    |Arabic|Swahili|Dutch|Russian|Korean|Norwegian|Czech|Hungarian|Thai|Vietnamese|Hebrew|Latin|Welsh|Irish|Urdu"""
)
COLOURS = split(
    """red|blue|green|yellow|orange|purple|pink|brown|black|white|grey|teal|turquoise|violet|gold|silver|crimson|navy
    |olive|lime|magenta|cyan|indigo|beige|maroon|lavender|coral|mint|scarlet|amber|ivory|burgundy|emerald|peach"""
)
ANIMALS = split(
    """dog|cat|rabbit|horse|parrot|hamster|turtle|goldfish|lion|tiger|elephant|giraffe|panda|wolf|fox|bear|eagle|owl
    |penguin|dolphin|whale|shark|octopus|snake|lizard|frog|bee|butterfly|spider|camel|goat|sheep|cow|pig|duck|goose"""
)
FOODS = split(
    """pizza|pasta|sushi|curry|tacos|salad|soup|ramen|burger|pancakes|lasagne|risotto|stew|chili|omelette|paella
    |falafel|hummus|dumplings|noodles|fried rice|apple pie|chocolate cake|cheesecake|banana bread|waffles|kebab
    |fish and chips|gnocchi|ratatouille|goulash|mushroom soup|chicken curry|vegetable stew|garlic bread|tofu bowl"""
)
GROCERIES = split(
    """milk|eggs|bread|butter|cheese|apples|bananas|oranges|tomatoes|onions|garlic|potatoes|carrots|rice|flour|sugar
    |salt|pepper|olive oil|coffee|tea|yoghurt|chicken|fish|beans|lettuce|cucumber|lemons|honey|jam|cereal|oats
    |spinach|mushrooms|pasta|soap|toothpaste|paper towels|batteries|cat food|sparkling water|orange juice"""
)
THINGS = split(
    """lamp|chair|desk|phone|laptop|camera|bicycle|guitar|piano|backpack|umbrella|jacket|shoes|watch|book|notebook
    |pen|mirror|sofa|table|fridge|kettle|toaster|vacuum cleaner|printer|keyboard|mouse|monitor|headphones|speaker
    |tent|sleeping bag|skateboard|drone|tripod|coffee machine|blender|rug|curtain|pillow|blanket|wallet|suitcase
    |running shoes|winter coat|office chair|standing desk|desk lamp|water bottle|yoga mat|board game|garden hose"""
)
TOPICS = split(
    """black holes|climate change|machine learning|the Roman empire|jazz music|solar panels|electric cars|gardening
    |world history|quantum physics|chess openings|healthy eating|ancient Egypt|space travel|ocean currents|robots
    |renewable energy|Italian cooking|marathon training|photography|stock markets|the French Revolution|dinosaurs
    |coral reefs|volcanoes|vaccines|sleep|remote work|urban planning|bird migration|coffee growing|wine making
    |artificial intelligence|cheap flights|football results|new laptops|film festivals|tax rules|visa rules|mountain
    biking|the moon landing|plate tectonics|Python programming|data privacy|online safety|street art|folk tales
    |train travel|vegan recipes|home insulation|battery recycling|bee keeping|glass blowing|tidal power|old maps"""
)
ROOMS = split(
    """kitchen|living room|bedroom|bathroom|hallway|garage|office|basement|attic|garden|dining room|guest room|nursery
    |study|balcony|laundry room|playroom|library|porch|workshop"""
)
DEVICES = split(
    """lights|heater|fan|air conditioner|TV|radio|thermostat|coffee maker|dishwasher|washing machine|oven|speaker
    |curtains|blinds|door lock|alarm|sprinkler|robot vacuum|humidifier|camera|ceiling light|floor lamp|night light"""
)
SONGS = split(
    """Yellow Submarine|Imagine|Bohemian Rhapsody|Billie Jean|Hotel California|Clair de Lune|Blue Moon|Summertime
    |Moonlight Sonata|Take Five|Let It Be|Dancing Queen|Thunder Road|Wonderwall|Hallelujah|Purple Rain|Waterloo"""
)
ARTISTS = split(
    """the Beatles|Mozart|Miles Davis|Adele|Queen|Bach|Nina Simone|Bob Marley|Abba|Radiohead|Beyonce|Chopin|Coldplay
    |David Bowie|Daft Punk|Ella Fitzgerald|Metallica|Shakira|Vivaldi|the Rolling Stones|Bjork|Johnny Cash"""
)
GENRES = split("jazz|rock|pop|classical|hip hop|folk|techno|blues|country|reggae|metal|soul|ambient|punk|disco|opera")
TITLES = split(
    """Dune|Moby Dick|The Hobbit|Hamlet|Emma|Dracula|Jaws|Alien|Casablanca|The Matrix|Inception|Star Wars|Titanic
    |Pride and Prejudice|War and Peace|The Great Gatsby|Blade Runner|Spirited Away|The Godfather|Toy Story|Frozen
    |Treasure Island|Don Quixote|Little Women|The Odyssey|Metropolis|Vertigo|Psycho|Amelie|Parasite|Arrival"""
)
COMPANIES = split(
    """Apple|Google|Microsoft|Tesla|Amazon|Nokia|Siemens|Toyota|Sony|Samsung|Ikea|Spotify|Netflix|Intel|Volvo|Airbus
    |Acme|Globex|Initech|Umbrella Corp|Northwind|Contoso|Blue Harbor|Silverline|Redwood Labs|Bright Foods"""
)
TICKERS = split("AAPL|GOOG|MSFT|TSLA|AMZN|NOK|SIE|TM|SONY|NFLX|INTC|NVDA|META|IBM|ORCL|SAP|ADBE|AMD|UBER|BA|KO|PEP")
TEAMS = split(
    """Arsenal|Chelsea|Liverpool|Barcelona|Real Madrid|Bayern Munich|Juventus|Ajax|Lakers|Bulls|Celtics|Warriors
    |Yankees|Red Sox|Eagles|Packers|Porto|Benfica|Celtic|Inter Milan|the Tigers|the Sharks|Manchester United"""
)
CURRENCIES = split(
    "USD|EUR|GBP|JPY|CHF|SEK|NOK|INR|AUD|CAD|CNY|BRL|dollars|euros|pounds|yen|francs|rupees|pesos|kroner"
)
UNITS = split(
    """kilometers|miles|meters|feet|inches|centimeters|kilograms|pounds|grams|ounces|liters|gallons|celsius|fahrenheit
    |kelvin|hours|minutes|seconds|days|km|kg|cm|mm|lb|oz|bytes|megabytes|gigabytes|acres|hectares|knots|joules|cups"""
)
ZONES = split(
    """Europe/Paris|Europe/London|Europe/Berlin|Europe/Madrid|Europe/Rome|America/New_York|America/Chicago
    |America/Los_Angeles|America/Sao_Paulo|Asia/Tokyo|Asia/Shanghai|Asia/Kolkata|Asia/Dubai|Asia/Singapore
    |Australia/Sydney|Africa/Cairo|Africa/Nairobi|Pacific/Auckland|UTC|Europe/Oslo|Asia/Seoul|Europe/Istanbul"""
)
JOBS = split(
    """nurse|teacher|engineer|pilot|farmer|chef|lawyer|doctor|plumber|painter|writer|student|baker|carpenter|dentist
    |driver|gardener|designer|musician|journalist|librarian|electrician|architect|firefighter|programmer|vet"""
)
HOBBIES = split(
    """chess|hiking|knitting|painting|swimming|running|photography|gardening|cooking|cycling|reading|dancing|fishing
    |climbing|skiing|surfing|singing|pottery|origami|bird watching|woodworking|juggling|sailing|yoga|archery"""
)
NOUNS = split(
    """apple|arrow|autumn|beach|bell|bird|boat|bottle|box|branch|bridge|brush|bucket|button|cake|candle|canyon|card
    |castle|chain|circle|clock|cloud|coat|coin|corner|cotton|crown|cup|curve|dawn|desert|diamond|door|dream|drum|dust
    |earth|engine|feather|fence|field|fire|flag|flame|flower|forest|fork|garden|gate|ghost|glass|glove|grain|grass
    |hammer|harbor|hat|heart|hill|honey|horizon|house|ice|island|jar|jewel|journey|jungle|key|kite|knife|ladder|lake
    |leaf|letter|light|lion|machine|map|market|meadow|melody|metal|mirror|moon|morning|mountain|museum|needle|nest
    |night|ocean|orchard|package|paper|parade|pearl|pencil|pepper|picture|planet|plate|pocket|pond|puzzle|rain|ribbon
    |ring|river|road|rocket|roof|rope|rose|sail|sand|school|screen|seed|shadow|shelf|shell|shirt|shoulder|signal|silk
    |sky|smoke|snow|song|spark|spring|square|star|station|stone|storm|story|stream|street|string|summer|sun|table
    |temple|thread|thunder|ticket|tide|tower|town|train|tree|tunnel|valley|velvet|village|violin|wagon|wall|water|wave
    |wheel|whistle|wind|window|winter|wire|wood|wool|world|yard|zebra|account|answer|argument|article|attempt|balance
    |battle|belief|benefit|budget|career|chapter|choice|client|comfort|council|courage|culture|damage|debate|decision
    |degree|detail|effort|event|evidence|exam|example|failure|feature|freedom|friend|future|goal|habit|health|history
    |idea|income|industry|issue|joke|justice|knowledge|labour|law|lecture|lesson|limit|logic|luck|manager|memory|method
    |mistake|moment|money|mood|movie|nature|neighbor|novel|number|office|opinion|order|origin|parent|party|patient|peace
    |plan|poem|point|policy|power|price|problem|process|product|profit|project|proof|purpose|quality|question|reason
    |record|region|result|risk|role|rule|safety|salary|science|season|secret|sentence|service|shape|sister|skill|society
    |soul|source|speech|speed|spirit|sport|stage|state|strategy|student|style|subject|success|system|talent|task|teacher
    |team|theory|thought|title|tradition|travel|trust|truth|union|value|victory|view|voice|war|wealth|week|weight|will
    |wisdom|wish|word|work|writer|year|youth"""
)
ADJECTIVES = split(
    """red|old|new|big|small|tiny|huge|quick|slow|bright|dark|quiet|loud|warm|cold|soft|hard|smooth|rough|fresh|dry|wet
    |heavy|light|deep|shallow|wide|narrow|long|short|young|wise|brave|calm|clever|gentle|happy|sad|proud|kind|lazy|busy
    |famous|secret|simple|strange|sweet|bitter|golden|silver|wooden|broken|empty|full|hidden|lost|lucky|magic|royal|wild
    |public|private|local|global|daily|weekly|annual|final|first|second|third|best|main|open|closed|rare|common|safe"""
)
VERBS = split(
    """make|find|give|take|open|close|move|send|show|start|stop|check|build|change|clean|collect|compare|count|cover|cut
    |deliver|draw|drop|fill|fix|fold|follow|gather|grow|guard|guess|hide|hold|join|jump|keep|learn|lift|list|load|look
    |mark|match|measure|mix|name|note|offer|order|pack|paint|park|pick|plan|plant|play|point|print|pull|push|put|raise
    |reach|read|record|remove|repair|repeat|reply|report|rest|return|ring|roll|save|search|select|sell|set|shake|share
    |sort|split|stack|store|study|swap|teach|test|throw|tie|touch|track|trade|turn|update|visit|walk|wash|watch|weigh
    |wrap|write|reset|merge|archive|assign|cancel|confirm|convert|create|delete|download|enable|disable|export|filter"""
)
_ONSETS = split("b|c|d|f|g|h|j|k|l|m|n|p|r|s|t|v|w|z|br|ch|cl|cr|dr|fl|gl|gr|kr|pl|pr|qu|sh|sk|sl|st|th|tr|v|y|x")
_VOWELS = split("a|e|i|o|u|a|e|i|o|ai|ea|io|ou|oo|y")
_CODAS = ("", "", "", "", "n", "r", "l", "s", "m", "t", "x", "k", "nd", "rk", "st", "ng", "sh", "p", "d")


def syllables(rng: random.Random, low: int = 1, high: int = 3) -> str:
    """An invented lower-case word."""
    return "".join(
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + (rng.choice(_CODAS) if rng.random() < 0.6 else "")
        for _ in range(rng.randint(low, high))
    )


def letters(rng: random.Random, low: int = 2, high: int = 6) -> str:
    """Random lower-case letters."""
    return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(low, high)))


def content_word(rng: random.Random) -> str:
    """A noun, adjective, verb or invented word."""
    roll = rng.random()
    if roll < 0.35:
        return rng.choice(NOUNS)
    if roll < 0.45:
        return rng.choice(ADJECTIVES)
    if roll < 0.55:
        return rng.choice(VERBS)
    if roll < 0.65:
        return rng.choice(THINGS)
    return syllables(rng, 1, 3)


def phrase(rng: random.Random, low: int = 1, high: int = 4) -> str:
    """A few words that hardly ever occur together."""
    return " ".join(content_word(rng) for _ in range(rng.randint(low, high)))


def proper(rng: random.Random) -> str:
    """An invented name, capitalised."""
    return syllables(rng, 1, 3).capitalize()

"""The words for dialogues about searches and pages that `built_in_dialogues.py` puts together."""

# ruff: noqa: SIM905 - tables of words

SEARCH_ASKS = (
    "Search the web for {query}.",
    "search for {query}",
    "Look up {query} online.",
    "Look on the internet for {query}, please.",
    "google {query}",
    "Can you find something about {query} on the web?",
    "Find out about {query} online.",
    "web search: {query}",
    "Please search for {query}.",
    "What does the web say about {query}?",
    "Do a quick search for {query}.",
    "I'd like to know more about {query}. Search online.",
    "Find pages about {query}.",
    "Go online and look for {query}.",
    "Could you google {query} for me?",
    "Look for {query} on the net.",
)

SEARCHES = (
    (
        ("When does the museum in {place} open?", "opening hours of the museum in {place}?"),
        "{place} museum opening hours",
        "Museum of {place}: visit",
        "Open {day} to Sunday from {opens} to {closes}.",
        "The museum in {place} is open {day} to Sunday from {opens} to {closes}.",
    ),
    (
        ("How many people live in {place}?", "Find the population of {place}."),
        "{place} population",
        "{place} in numbers",
        "{place} has {big} inhabitants.",
        "{place} has {big} inhabitants.",
    ),
    (
        ("Who is the mayor of {place} now?", "Look up the mayor of {place}."),
        "mayor of {place}",
        "Town hall of {place}",
        "The mayor is {person}, elected in {year}.",
        "The mayor of {place} is {person}, elected in {year}.",
    ),
    (
        ("Who won the {place} marathon this year?", "winner of the {place} marathon?"),
        "{place} marathon winner",
        "Marathon in {place}: results",
        "{person} won ahead of {number} other runners.",
        "{person} won the marathon in {place}.",
    ),
    (
        ("What is the latest version of {place}Studio?", "Find the newest release of {place}Studio."),
        "{place}Studio latest version",
        "{place}Studio downloads",
        "Version {version} is out since {day}.",
        "The latest version of {place}Studio is {version}.",
    ),
    (
        ("What will the weather be like in {place} on {day}?", "Check online: weather in {place} on {day}"),
        "weather {place} {day}",
        "Weather for {place}",
        "{day}: dry and sunny, up to {small} degrees.",
        "On {day} it will be dry and sunny in {place}, up to {small} degrees.",
    ),
    (
        ("What does a ticket for the {place} zoo cost?", "price of the zoo in {place}"),
        "{place} zoo ticket price",
        "{place} zoo: prices",
        "Adults pay {price} euros, children under six nothing.",
        "Adults pay {price} euros at the zoo in {place}.",
    ),
    (
        ("Is there any news from {place}?", "Find the latest news about {place}."),
        "{place} news",
        "News from {place}",
        "A new bridge opens on {day}; it cost {number} million.",
        "In {place} a new bridge opens on {day}; it cost {number} million.",
    ),
    (
        ("When was the castle of {place} built?", "Look up the age of {place} castle."),
        "{place} castle built",
        "The castle of {place}",
        "The castle was rebuilt in {year} after a fire.",
        "The castle of {place} was rebuilt in {year}.",
    ),
    (
        ("Who wrote the book The Lamps of {place}?", "author of The Lamps of {place}"),
        "The Lamps of {place} author",
        "The Lamps of {place} ({year})",
        "A novel by {person}, {number} pages.",
        "The Lamps of {place} is by {person}.",
    ),
    (
        ("How far is it from {place} to {other}?", "Search for the distance from {place} to {other}."),
        "distance {place} {other}",
        "From {place} to {other}",
        "The road is {number} km long.",
        "It is {number} km from {place} to {other}.",
    ),
    (
        ("How do I phone the library in {place}?", "Find the number of {place} library."),
        "{place} library phone",
        "{place} library: contact",
        "Call {number} 44{small} from {opens} to {closes}.",
        "Call the library on {number} 44{small}.",
    ),
    (
        ("Who is playing at the {place} festival?", "Find out who plays at {place} festival."),
        "{place} festival programme",
        "Festival of {place}",
        "On {day} {person} plays at {closes}.",
        "{person} plays on {day} at {closes}.",
    ),
    (
        ("Are there trains to {place} on {day}?", "Search for trains to {place} on {day}."),
        "trains to {place} {day}",
        "Timetable {place}",
        "On {day} trains leave every {small} minutes.",
        "Yes, on {day} trains to {place} leave every {small} minutes.",
    ),
)
"""Questions; what to search for; the title and the text of the right result; the answer."""

TOPICS = (
    (
        "pancake recipes",
        ("Easy pancakes", "Mix flour, milk and eggs."),
        ("Pancakes without eggs", "Use a ripe banana."),
    ),
    (
        "bee keeping",
        ("Bees for beginners", "Start in spring with one hive."),
        ("Bee gear", "You need a veil and gloves."),
    ),
    (
        "learning the guitar",
        ("First chords", "Begin with G, C and D."),
        ("Practice tips", "Ten minutes a day are enough."),
    ),
    (
        "solar panels",
        ("Solar basics", "A panel lasts about 25 years."),
        ("Panel prices", "Prices fell again this year."),
    ),
    ("hiking in the Alps", ("Alpine paths", "Huts open in June."), ("Packing list", "Bring a rain jacket.")),
    ("how to train a puppy", ("Puppy school", "Keep lessons short."), ("House training", "Go out every two hours.")),
    ("vegan cakes", ("Vegan chocolate cake", "It needs oil instead of butter."), ("Egg swaps", "Apple sauce works.")),
    ("used bicycles", ("Bike market", "Prices start at 80 euros."), ("Buying used", "Check the chain first.")),
    (
        "growing tomatoes",
        ("Tomato guide", "They want sun and warm soil."),
        ("Watering", "Water the roots, not the leaves."),
    ),
    ("electric cars", ("E-cars compared", "Most drive 300 km and more."), ("Charging", "A full charge takes a night.")),
    ("chess openings", ("Openings", "The Italian game suits beginners."), ("Traps", "Watch the square f7.")),
    ("hotels in Ghent", ("Ghent hotels", "Rooms cost 90 euros and more."), ("Old town stays", "Book early in July.")),
    ("knitting patterns", ("Free patterns", "Scarves are the easiest."), ("Needles", "Size 5 suits most wool.")),
    ("northern lights", ("When to see them", "Best from October to March."), ("Where", "Tromso is a good place.")),
    ("coffee grinders", ("Grinder test", "Burr grinders won."), ("Hand mills", "They are quiet and cheap.")),
    (
        "a cheap laptop for school",
        ("School laptops", "8 GB of memory is enough."),
        ("Used laptops", "Look at the battery."),
    ),
    ("running shoes", ("Shoe test", "Replace them after 800 km."), ("Sizes", "Leave a thumb of room.")),
    ("the history of tea", ("Tea through time", "Tea came to Europe in 1610."), ("Tea roads", "Caravans carried it.")),
    ("Spanish lessons", ("Learn Spanish", "The first ten lessons are free."), ("Verbs", "Start with ser and estar.")),
    ("cold remedies", ("Against a cold", "Rest and drink a lot."), ("Honey", "Honey calms a cough.")),
    ("birds in winter", ("Feeding birds", "Offer seeds and fat."), ("Who stays", "Robins stay all year.")),
    (
        "the Voyager probes",
        ("Voyager 1", "It left the solar system in 2012."),
        ("Voyager 2", "It visited Neptune in 1989."),
    ),
    ("camping in Wales", ("Camp sites", "Most open at Easter."), ("Wild camping", "Ask the farmer first.")),
    ("cleaning silver", ("Shiny silver", "Foil, salt and hot water help."), ("Silver cloth", "Rub gently.")),
    ("Rust programming", ("Rust news", "Version 1.90 is out."), ("Rust book", "The book is free to read.")),
    ("noise cancelling headphones", ("Headphone test", "Three models were very good."), ("Tips", "Try them on first.")),
)

PLACES = tuple(
    "Harlow Bay,Tannock,Velmora,Brinsk,Ostrava Falls,Quillmere,Dunvale,Sorrel Point,Maplewick,Karst Hill,Nordby,"
    "Lindow,Fernhaven,Greywater,Alcott,Pinnock,Salt Ferry,Rookham,Estermont,Vadsund,Thorley,Copperton,Myrefield,"
    "Halden Cross,Birchlow,Stonnet,Wexbury,Ravelin,Ashcombe,Tarnby".split(",")
)
"""Invented, so that nothing about them can be known."""

DOMAINS = tuple(
    "harbourpost.org,citynotes.net,openfacts.io,dailyrow.com,smalltown.info,greenleaf.dev,topicroom.org,readhere.net,"
    "bluepages.io,northlamp.com,fieldnotes.org,papertrail.net,worldbits.com,marketday.org,quickguide.io,oldmill.net,"
    "stationclock.org,riverside.info,lanternhouse.com,openbook.dev,tidewater.org,kitchentable.net".split(",")
)

PAGE_ASKS = (
    "Read {} and tell me what it says.",
    "What does {} say?",
    "Summarise {}",
    "Please sum up this page: {}",
    "Can you open {} for me?",
    "Have a look at {} and give me the main point.",
    "{} - what is on it?",
    "fetch {} please",
    "Get me the text of {} in short.",
    "What is this link about? {}",
    "Show me what {} is about.",
    "tl;dr of {}",
    "Visit {} and report.",
    "I found {}. What is it?",
)

PAGES = (
    (
        "{place} swimming pool",
        "The pool is open from {opens} to {closes}. A ticket costs {price} euros. It is closed on {day}.",
        (
            ("When does the pool open?", "It opens at {opens}."),
            ("What does a ticket cost?", "A ticket costs {price} euros."),
            ("On which day is it closed?", "It is closed on {day}."),
        ),
        "The pool in {place} is open from {opens} to {closes}, but closed on {day}. A ticket costs {price} euros.",
    ),
    (
        "Job at {place} library",
        "We look for a librarian for {small} hours a week. Send your letter to {person} by {day}.",
        (
            ("How many hours a week is the job?", "It is {small} hours a week."),
            ("Whom do I write to?", "Write to {person}."),
        ),
        "The library in {place} looks for a librarian for {small} hours a week. Letters go to {person} by {day}.",
    ),
    (
        "Release {version}",
        "Version {version} is {small} percent faster and fixes {number} bugs. Thanks to {person}.",
        (
            ("How many bugs were fixed?", "{number} bugs were fixed."),
            ("Which version is it?", "It is version {version}."),
        ),
        "Version {version} is {small} percent faster and fixes {number} bugs.",
    ),
    (
        "Concert in {place}",
        "{person} plays in {place} on {day} at {closes}. Tickets from {price} euros.",
        (
            ("Who is playing?", "{person} is playing."),
            ("When does it start?", "On {day} at {closes}."),
            ("How much are the tickets?", "Tickets start at {price} euros."),
        ),
        "{person} plays in {place} on {day} at {closes}; tickets start at {price} euros.",
    ),
    (
        "{place} in short",
        "{place} has {big} inhabitants and {small} schools. Its oldest house is from {year}.",
        (
            ("How many inhabitants are there?", "There are {big} inhabitants."),
            ("How old is the oldest house?", "It is from {year}."),
        ),
        "{place} has {big} inhabitants and {small} schools; its oldest house is from {year}.",
    ),
    (
        "How to install",
        "You need version {version} or later and {number} MB of disk. Run setup, then restart after {small} seconds.",
        (
            ("How much disk do I need?", "You need {number} MB."),
            ("Which version is required?", "Version {version} or later."),
        ),
        "It needs version {version} or later and {number} MB of disk; run setup and restart after {small} seconds.",
    ),
    (
        "Terms of sale",
        "You may send goods back within {small} days. Delivery costs {price} euros and takes until {day}.",
        (
            ("How long can I send things back?", "Within {small} days."),
            ("What does delivery cost?", "Delivery costs {price} euros."),
        ),
        "Goods may be sent back within {small} days. Delivery costs {price} euros and takes until {day}.",
    ),
    (
        "Bridge closed",
        "The bridge at {place} is closed until {day}. Drivers lose {small} minutes on the way through {other}.",
        (
            ("Until when is the bridge closed?", "Until {day}."),
            ("How long does the way round take?", "{small} minutes."),
        ),
        "The bridge at {place} is closed until {day}; the way through {other} takes {small} minutes more.",
    ),
    (
        "Lunch menu",
        "{day}: lentil soup, {price} euros. Kitchen open from {opens} to {closes}. Cook: {person}.",
        (("What is for lunch?", "Lentil soup, for {price} euros."), ("Who cooks?", "{person} cooks.")),
        "On {day} there is lentil soup for {price} euros. The kitchen is open from {opens} to {closes}.",
    ),
    (
        "The first balloon over {place}",
        "In {year} {person} flew {number} km in a balloon, from {place} to {other}.",
        (("How far did the balloon fly?", "It flew {number} km."), ("Who flew it?", "{person} flew it.")),
        "In {year} {person} flew {number} km in a balloon from {place} to {other}.",
    ),
)
"""Title, text, questions with answers, and a summary."""

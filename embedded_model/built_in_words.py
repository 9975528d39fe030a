"""The words that `built_in_dialogues.py` puts together."""

# ruff: noqa: SIM905 - tables of words

HELD_OUT_CITIES = ("Tokyo", "London", "New York", "Sydney", "Berlin")
"""Never learnt with the app's own clock."""

CITIES = tuple(
    "Oslo,Paris,Madrid,Rome,Vienna,Zurich,Lisbon,Dublin,Athens,Warsaw,Prague,Budapest,Helsinki,Stockholm,Copenhagen,"
    "Amsterdam,Brussels,Istanbul,Moscow,Cairo,Nairobi,Lagos,Johannesburg,Cape Town,Casablanca,Dubai,Mumbai,Delhi,"
    "Kathmandu,Dhaka,Bangkok,Hanoi,Singapore,Jakarta,Manila,Hong Kong,Shanghai,Beijing,Seoul,Osaka,Kyoto,Melbourne,"
    "Brisbane,Perth,Adelaide,Auckland,Honolulu,Anchorage,Vancouver,Los Angeles,San Francisco,Seattle,Denver,Chicago,"
    "Dallas,Houston,Toronto,Montreal,Boston,Miami,Mexico City,Havana,Bogota,Lima,Santiago,Buenos Aires,Sao Paulo,"
    "Rio de Janeiro,Reykjavik,Edinburgh,Manchester,Munich,Hamburg,Milan,Barcelona,Krakow,Kyiv,Riga,Vilnius,Tallinn,"
    "Sofia,Belgrade,Zagreb,Karachi,Colombo,Tehran,Baghdad,Jerusalem,Accra,Dakar,Tunis,Algiers,UTC,UTC+3,UTC-5,GMT,"
    "Europe/Madrid,Asia/Seoul,America/Chicago,Australia/Perth,Europe/Paris".split(",")
)

CLOCK = (
    ("What time is it in {}?", "It is {time} in {place}."),
    ("what time is it in {}", "It's {time} in {place}."),
    ("What's the time in {} now?", "In {place} it is {time}."),
    ("time in {}?", "{time} in {place}."),
    ("{} time please", "It is {time} in {place}."),
    ("Tell me what time it is in {}.", "It is {time} in {place}."),
    ("Give me the local time in {}.", "The local time in {place} is {time}."),
    ("current time in {}", "It is {time} in {place}."),
    ("How late is it in {}?", "It is {time} in {place}."),
    ("Do you know how late it is in {} at the moment?", "It's {time} in {place}."),
    ("What does the clock say in {}?", "The clock says {time} in {place}."),
    ("My sister lives in {}. What time is it for her?", "It is {time} in {place}."),
    ("I want to phone someone in {}. What's the time there?", "It's {time} in {place} now."),
    ("Which day is it in {} right now?", "In {place} it is {weekday}, {date}."),
    ("What is today's date in {}?", "It is {weekday}, {date} in {place}."),
    ("date and time in {}", "In {place} it is {weekday}, {date}, {time}."),
    ("What day of the week is it in {}?", "It is {weekday} in {place}."),
    ("Is it morning or evening in {}?", "It is {half} in {place}: {time}."),
    ("Is it late in {}?", "It is {time} in {place}."),
    ("Are people in {} awake now? Check the clock.", "It is {time} in {place}."),
    ("I have a call with {}. What time do they have?", "They have {time} in {place}."),
    ("Please look up the time in {}.", "It is {time} in {place}."),
    ("Can you check what time it is over in {}?", "It's {time} in {place}."),
    ("How many hours past midnight is it in {}? Tell me the time.", "It is {time} in {place}."),
)
CLOCK_HERE = (
    ("What time is it?", "It is {time}."),
    ("what's the time", "It's {time}."),
    ("time please", "It's {time}."),
    ("How late is it?", "It is {time}."),
    ("Could you tell me the time?", "It is {time}."),
    ("What's the time right now, please?", "It is {time} on {weekday}."),
    ("What day is today?", "Today is {weekday}, {date}."),
    ("which day do we have", "It is {weekday}, {date}."),
    ("What is today's date?", "Today is {date}."),
    ("today's date please", "It is {date}."),
    ("Which weekday is it?", "It is {weekday}."),
    ("Tell me the date and the time.", "It is {weekday}, {date}, {time}."),
    ("What year is it?", "It is {year}."),
    ("Which month do we have?", "It is {month}."),
    ("Is it morning already?", "It is {time}."),
    ("Do you have the time?", "Yes, it is {time}."),
    ("I have no watch. How late is it now?", "It's {time}."),
    ("Can you look at the clock for me?", "It is {time}."),
    ("Is it the weekend yet?", "Today is {weekday}."),
    ("What's the day and month today?", "It is {day} {month}."),
    ("I forgot which day it is.", "It is {weekday}, {date}."),
    ("clock?", "{time}."),
    ("Which year are we in?", "We are in {year}."),
    ("I need today's date for a letter.", "It is {date}."),
)

SUMS = (
    ("What is {a} * {b}?", "{a} * {b}", ""),
    ("What is {a} times {b}?", "{a} * {b}", ""),
    ("{a} x {b}", "{a} * {b}", ""),
    ("{a} times {b}?", "{a} * {b}", ""),
    ("multiply {a} by {b}", "{a} * {b}", ""),
    ("Work out {a} * {b} + {c}.", "{a} * {b} + {c}", ""),
    ("How much is {a} plus {b}?", "{a} + {b}", ""),
    ("Add {a} and {b}.", "{a} + {b}", ""),
    ("add up {a}, {b} and {c}", "{a} + {b} + {c}", ""),
    ("What's the sum of {a}, {b} and {c}?", "{a} + {b} + {c}", ""),
    ("{a} + {b} = ?", "{a} + {b}", ""),
    ("{a} minus {b}", "{a} - {b}", ""),
    ("Subtract {b} from {a}.", "{a} - {b}", ""),
    ("Take {small} away from {a}, please.", "{a} - {small}", ""),
    ("How much is {a} divided by {small}?", "{a} / {small}", ""),
    ("Divide {a} by {b}.", "{a} / {b}", ""),
    ("{a} / {small}", "{a} / {small}", ""),
    ("What is {percent}% of {a}?", "{percent}% of {a}", ""),
    ("I need {percent}% of {b}.", "{percent}% of {b}", ""),
    ("{percent} percent of {c}", "{percent}% of {c}", ""),
    ("How much tax is {percent}% on {price} euros?", "{percent}% of {price}", "{} euros"),
    ("Calculate ({a} + {b}) * {small}.", "({a} + {b}) * {small}", ""),
    ("Compute {small} * ({a} - {b})", "{small} * ({a} - {b})", ""),
    ("({a} - {small}) / {b}", "({a} - {small}) / {b}", ""),
    ("What is the square root of {square}?", "sqrt({square})", ""),
    ("square root of {square}", "sqrt({square})", ""),
    ("sqrt of {a}", "sqrt({a})", ""),
    ("{small} to the power of {small}", "{small} ** {small}", ""),
    ("What's 2 to the power of {small}?", "2 ** {small}", ""),
    ("{a} squared", "{a} ** 2", ""),
    ("{small} cubed?", "{small} ** 3", ""),
    ("A box holds {a} screws. How many screws are in {small} boxes?", "{a} * {small}", "{} screws"),
    ("One chair costs {price} euros. What do {small} chairs cost?", "{price} * {small}", "{} euros"),
    ("A bus ride is {small} dollars. How much are {b} rides?", "{small} * {b}", "{} dollars"),
    ("We are {small} people and the bill is {price} euros. How much does each pay?", "{price} / {small}", "{} euros"),
    ("I drive {tenth} km a day. How far is that in {small} days?", "{tenth} * {small}", "{} km"),
    ("I had {a} euros and spent {small}. What is left?", "{a} - {small}", "{} euros"),
    ("How many minutes are {small} hours?", "{small} * 60", "{} minutes"),
    ("How many seconds are in {a} minutes?", "{a} * 60", "{} seconds"),
    ("A room is {tenth} m long and {small} m wide. What is its area?", "{tenth} * {small}", "{} square metres"),
    ("{price} + {tenth}", "{price} + {tenth}", ""),
    ("Can you calculate {tenth} * {small}?", "{tenth} * {small}", ""),
    ("please compute {a} * {b} * {small}", "{a} * {b} * {small}", ""),
    ("Use the calculator: {a} - {b} - {small}", "{a} - {b} - {small}", ""),
    ("What does {tenth} times {tenth} give?", "{tenth} * {tenth}", ""),
    ("Half of {a}, what is that?", "{a} / 2", ""),
    ("double {a}", "{a} * 2", ""),
    ("What is the average of {a} and {b}?", "({a} + {b}) / 2", ""),
)
"""What is asked, the expression, and what is counted."""

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

MISSING = (
    ("page", "Can you read a page for me?", "Of course. What is its address?"),
    ("page", "Open the website.", "Which address should I open?"),
    ("page", "Summarise the link for me.", "Please send me the link."),
    ("page", "fetch the page", "Which page? Send me its address."),
    ("time", "What time is it there?", "In which city?"),
    ("time", "I need the time in another country.", "Which city or time zone do you mean?"),
    ("time", "Can you check the time abroad?", "For which place?"),
    ("sum", "Can you calculate something for me?", "Sure. What should I calculate?"),
    ("sum", "Work this out for me.", "What should I work out?"),
    ("sum", "I need a calculator.", "Which calculation do you need?"),
    ("search", "Search the web for me.", "What should I search for?"),
    ("search", "Can you look something up?", "Gladly. What is it about?"),
    ("search", "google something please", "What should I look for?"),
)

_CHATS = (
    ("Hi!", "Hello! How can I help?"),
    ("Hey, how are you?", "I'm fine, thanks. What can I do for you?"),
    ("Good evening", "Good evening! What can I do for you?"),
    ("hello there", "Hello! What would you like to do?"),
    ("Thanks!", "You're welcome!"),
    ("Thanks a lot, great help.", "Glad I could help!"),
    ("thank you so much", "You're welcome!"),
    ("ok, that's all", "All right. Have a good day!"),
    ("Bye!", "Goodbye!"),
    ("Do you have a name?", "Yes, I'm Gemma."),
    ("Are you a person?", "No, I'm a language model."),
    ("Which model are you?", "I'm Gemma, a small language model that runs on this computer."),
    ("What can you do?", "I can chat, calculate, tell the time, search the web and read web pages."),
    ("Which tools do you have?", "A calculator, a clock, web search and a page reader."),
    ("Tell me a joke.", "Why did the bicycle fall over? It was two-tired."),
    ("Say something nice.", "I'm glad you are here today."),
    ("I'm bored.", "How about a walk, a puzzle or a new recipe?"),
    ("I'm sad today.", "I'm sorry to hear that. Do you want to talk about it?"),
    ("I passed my exam!", "Congratulations! You earned it."),
    ("Write a haiku about rain.", "Soft rain on the roof\nthe garden holds its small breath\na drop finds the leaf"),
    (
        "Write a short poem about a cat.",
        "A cat by the door,\nasleep on the floor,\ndreams of the sun\nand wants nothing more.",
    ),
    ("a haiku about winter please", "Snow on the dark field\none crow writes a single line\nthen the wind is still"),
    ("Make this polite: Close the door.", "Could you please close the door?"),
    ("Say this more kindly: You are too loud.", "Would you mind being a little quieter?"),
    ("make it polite: I want my money back", "I would like to ask for a refund, please."),
    ("Translate to Spanish: Good night.", "Buenas noches."),
    ("Translate to German: I am hungry.", "Ich habe Hunger."),
    ("translate into French: See you tomorrow.", "À demain."),
    ("How do you say 'water' in Italian?", "Acqua."),
    (
        "Give me three tips for learning a language.",
        "1. Practise a little every day.\n2. Speak aloud.\n3. Read easy texts.",
    ),
    ("three tips for saving money", "1. Write down what you spend.\n2. Cook at home.\n3. Wait a day before you buy."),
    ("How can I sleep well?", "Keep the room dark and cool, and put the phone away early."),
    ("Write a Python function that adds two numbers.", "```python\ndef add(a, b):\n    return a + b\n```"),
    ("python function for the smallest of a list", "```python\ndef smallest(values):\n    return min(values)\n```"),
    (
        "Write Python that counts vowels.",
        '```python\ndef vowels(text):\n    return sum(one in "aeiou" for one in text.lower())\n```',
    ),
    ("How do I sort a list in Python?", "Use `sorted(values)`, or `values.sort()` to change the list itself."),
    ("What is a synonym for 'happy'?", "Glad."),
    ("What's the opposite of 'loud'?", "Quiet."),
    ("Spell 'necessary'.", "n-e-c-e-s-s-a-r-y"),
    ("Correct this: He go to work.", "He goes to work."),
    ("Fix the spelling: I beleive you.", "I believe you."),
    ("Make a list of five fruits.", "- apple\n- pear\n- plum\n- cherry\n- banana"),
    ("Name three colours.", "Red, blue and green."),
    ("What is a noun?", "A word for a person, a place, a thing or an idea."),
    ("Why is bread soft?", "Yeast makes gas bubbles in the dough, and they stay in the crumb."),
    ("What is a river?", "Water that flows along a bed to a lake or the sea."),
    ("Explain what a loan is.", "Money that you borrow and pay back later, mostly with interest."),
    ("How do I boil an egg?", "Put it into boiling water for six to ten minutes."),
    ("Write a birthday wish for my aunt.", "Happy birthday, dear aunt! I wish you a bright and healthy year."),
    ("Write a short thank-you note to a neighbour.", "Thank you for watering my plants. It was a great help!"),
    ("Shorten this: I would like to inform you that we will be late.", "We will be late."),
    ("Give me a name for a dog.", "How about Biscuit?"),
    ("Suggest a title for a story about a lost key.", "The Key under the Snow"),
    ("Is this sentence a question: Are you there", "Yes, it is a question."),
    ("Put into the past tense: I sing.", "I sang."),
    ("My name is Jon.", "Nice to meet you, Jon."),
    ("I like green tea.", "Good choice. It is fresh and light."),
    ("Remember the number 52.", "I'll keep 52 in mind."),
    ("You are funny.", "Thank you!"),
    ("That was wrong.", "I'm sorry. Tell me what was wrong and I'll try again."),
    ("no, never mind", "All right. Tell me if you need anything else."),
    ("Nice.", "Thank you! Anything else?"),
    ("test", "It works. How can I help?"),
    ("I will call my mother tomorrow.", "I'm sure she will be glad."),
    ("What should I cook tonight?", "Pasta with tomatoes and garlic is quick and good."),
    ("Give me advice for a job interview.", "Arrive early, listen well and ask a question yourself."),
    ("How do I remove a coffee stain?", "Rinse it with cold water, then rub it with a little soap."),
    ("What is a good gift for a child?", "A picture book or a box of crayons."),
    ("Classify as positive or negative: I love this phone.", "positive"),
    ("positive or negative? 'The soup was cold.'", "negative"),
    ("Extract the name: Maria called at noon.", "Maria"),
    ("Which word is longer, house or garden?", "Garden."),
    ("Sort these: plum, fig, apple", "apple, fig, plum"),
    (
        "Continue the story: The boat left the harbour.",
        "The boat left the harbour, and the lights grew small behind it.",
    ),
)
CHATS = tuple(({"role": "user", "content": asked}, {"role": "assistant", "content": said}) for asked, said in _CHATS)

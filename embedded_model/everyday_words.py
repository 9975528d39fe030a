"""Tables of words and facts that `everyday_dialogues.py` asks for."""

# ruff: noqa: E501, SIM905 - tables of words

TABLES = (
    (
        (
            ("What is the capital of {0}?", "{1}."),
            ("What's the capital city of {0}?", "The capital of {0} is {1}."),
            ("Which country has {1} as its capital city?", "{0}."),
            ("Name the capital of {0}.", "{1}."),
        ),
        "France:Paris;Spain:Madrid;Italy:Rome;Germany:Berlin;Austria:Vienna;Poland:Warsaw;Hungary:Budapest;Greece:Athens;"
        "Norway:Oslo;Sweden:Stockholm;Denmark:Copenhagen;Ireland:Dublin;Belgium:Brussels;Iceland:Reykjavik;Japan:Tokyo;"
        "South Korea:Seoul;China:Beijing;India:New Delhi;Thailand:Bangkok;Vietnam:Hanoi;Russia:Moscow;Ukraine:Kyiv;"
        "Romania:Bucharest;Bulgaria:Sofia;Croatia:Zagreb;Serbia:Belgrade;Egypt:Cairo;Ethiopia:Addis Ababa;Ghana:Accra;"
        "Uganda:Kampala;Senegal:Dakar;Peru:Lima;Chile:Santiago;Colombia:Bogotá;Ecuador:Quito;Argentina:Buenos Aires;"
        "Brazil:Brasília;Australia:Canberra;New Zealand:Wellington;Scotland:Edinburgh;Latvia:Riga;Estonia:Tallinn;"
        "Lithuania:Vilnius;Slovakia:Bratislava;Slovenia:Ljubljana;Iran:Tehran;Iraq:Baghdad;Nepal:Kathmandu;Cuba:Havana",
    ),
    (
        (
            ("Which language is spoken in {0}?", "{1}."),
            ("What do people speak in {0}?", "They speak {1} in {0}."),
        ),
        "Mexico:Spanish;Austria:German;Egypt:Arabic;Portugal:Portuguese;Argentina:Spanish;Iran:Persian;Japan:Japanese;"
        "Greece:Greek;Israel:Hebrew;Angola:Portuguese;Chile:Spanish;Hungary:Hungarian;Senegal:French;Australia:English",
    ),
    (
        (
            ("What money do they use in {0}?", "The {1}."),
            ("What is the currency of {0}?", "The {1}."),
        ),
        "Japan:yen;India:rupee;the United States:dollar;Switzerland:Swiss franc;Mexico:peso;China:yuan;France:euro;"
        "Poland:zloty;Sweden:krona;Turkey:lira;Russia:rouble;Brazil:real;Thailand:baht;Denmark:krone",
    ),
    (
        (
            ("What is the young of a {0} called?", "A {1}."),
            ("What do you call a baby {0}?", "A baby {0} is called a {1}."),
        ),
        "cow:calf;horse:foal;dog:puppy;cat:kitten;goat:kid;pig:piglet;hen:chick;duck:duckling;deer:fawn;lion:cub;"
        "kangaroo:joey;swan:cygnet;frog:tadpole;bear:cub;goose:gosling",
    ),
    (
        (
            ("What is the opposite of '{0}'?", "{1}."),
            ("Give me the opposite of '{0}'.", "The opposite of '{0}' is '{1}'."),
        ),
        "hot:cold;full:empty;noisy:quiet;rich:poor;strong:weak;wide:narrow;deep:shallow;ancient:modern;generous:mean;"
        "polite:rude;rough:smooth;bright:dark;cheap:expensive;thick:thin;sharp:blunt;begin:end;open:closed;soft:hard;"
        "dry:wet;young:old;always:never;inside:outside;question:answer;near:far;heavy:light;first:last",
    ),
    (
        (
            ("What is the plural of '{0}'?", "{1}."),
            ("More than one {0}: what is the word?", "{1}."),
            ("plural of {0}", "{1}"),
        ),
        "child:children;goose:geese;foot:feet;tooth:teeth;knife:knives;leaf:leaves;wolf:wolves;potato:potatoes;"
        "hero:heroes;city:cities;baby:babies;box:boxes;woman:women;man:men;ox:oxen;sheep:sheep;person:people;"
        "shelf:shelves;party:parties;louse:lice;life:lives",
    ),
    (
        (
            ("What is the past tense of '{0}'?", "{1}."),
            ("'{0}' in the past tense?", "{1}."),
            ("I {0} today. And yesterday?", "I {1} yesterday."),
        ),
        "go:went;eat:ate;buy:bought;think:thought;swim:swam;write:wrote;fly:flew;teach:taught;sing:sang;break:broke;"
        "drive:drove;forget:forgot;drink:drank;choose:chose;begin:began;keep:kept;bring:brought;see:saw;give:gave;"
        "sleep:slept;speak:spoke;leave:left;fall:fell;win:won",
    ),
    (
        (
            ("What is another word for '{0}'?", "{1}."),
            ("Give me a synonym for '{0}'.", "{1}."),
            ("synonym of {0}?", "{1}."),
        ),
        "happy:Glad;big:Large;small:Little;smart:Clever;begin:Start;hard:Difficult;sad:Unhappy;fast:Rapid;house:Home;"
        "pretty:Beautiful;angry:Furious;quiet:Silent;rich:Wealthy;tired:Weary;brave:Bold;shout:Yell;end:Finish;rock:Stone",
    ),
    (
        (
            ("How do you say '{0}' in French?", "{1}."),
            ('Translate to French: "{0}"', "{1}"),
            ("What does '{1}' mean in English?", "{0}."),
        ),
        "please:S'il vous plaît;the garden:Le jardin;the car is red:La voiture est rouge;"
        "I am tired:Je suis fatigué;good night:Bonne nuit;the book:Le livre;I have a dog:J'ai un chien;"
        "the child is small:L'enfant est petit;see you soon:À bientôt;the bread is good:Le pain est bon;water:Eau",
    ),
    (
        (
            ("How do you say '{0}' in Spanish?", "{1}."),
            ('Translate to Spanish: "{0}"', "{1}"),
            ("What does '{1}' mean in English?", "{0}."),
        ),
        "good morning:Buenos días;please:Por favor;the house is white:La casa es blanca;I have a dog:Tengo un perro;"
        "I have a book:Tengo un libro;good night:Buenas noches;the milk:La leche;friend:Amigo;I am hungry:Tengo hambre;"
        "the table:La mesa;see you tomorrow:Hasta mañana;the sea is blue:El mar es azul;cheese:Queso",
    ),
    (
        (
            ("How do you say '{0}' in German?", "{1}."),
            ('Translate to German: "{0}"', "{1}"),
            ("What does '{1}' mean in English?", "{0}."),
        ),
        "good morning:Guten Morgen;cat:Katze;thank you:Danke;bread:Brot;the coffee is hot:Der Kaffee ist heiß;"
        "house:Haus;the child is small:Das Kind ist klein;I am tired:Ich bin müde;horse:Pferd;the sun:Die Sonne;"
        "the soup is warm:Die Suppe ist warm;friend:Freund;I have time:Ich habe Zeit;tree:Baum",
    ),
    (
        (
            ("How do you say '{0}' in Italian?", "{1}."),
            ('Translate to Italian: "{0}"', "{1}"),
        ),
        "good morning:Buongiorno;thank you:Grazie;good evening:Buonasera;please:Per favore;the sea:Il mare;"
        "the bread:Il pane;goodbye:Arrivederci;the cat:Il gatto;water:Acqua",
    ),
    (
        (
            ('Translate to English: "{0}"', "{1}"),
            ('What is "{0}" in English?', "{1}"),
        ),
        "Je voudrais du pain.:I would like some bread.;Das Brot ist warm.:The bread is warm.;Tengo una casa.:I have a house.;"
        "Il fait froid.:It is cold.;Ich möchte einen Tee.:I would like a tea.;La puerta está abierta.:The door is open.;"
        "Das Haus ist groß.:The house is big.;Où est la gare ?:Where is the station?;Wo ist der Hund?:Where is the dog?;"
        "El café es bueno.:The coffee is good.;J'ai deux frères.:I have two brothers.;Die Suppe ist heiß.:The soup is hot.;"
        "Mi hermana vive aquí.:My sister lives here.;Sono stanco.:I am tired.",
    ),
    (
        (
            ("Which chemical element has the symbol {1}?", "{0}."),
            ("What is the chemical symbol of {0}?", "{1}."),
            ("What does {1} stand for in chemistry?", "{1} stands for {0}."),
        ),
        "Oxygen:O;Hydrogen:H;Carbon:C;Nitrogen:N;Gold:Au;Silver:Ag;Copper:Cu;Sodium:Na;Calcium:Ca;Helium:He;Lead:Pb;Tin:Sn;Zinc:Zn",
    ),
    (
        (
            ("How many legs does a {0} have?", "{1}."),
            ("legs of a {0}?", "A {0} has {1} legs."),
        ),
        "spider:eight;dog:four;bird:two;horse:four;crab:ten;chicken:two;cat:four",
    ),
    (
        (
            ('Correct the spelling: "{0}"', "{1}"),
            ('Correct this: "{0}"', "{1}"),
            ("Fix the mistakes: {0}", "{1}"),
        ),
        "I beleive you.:I believe you.;She is my freind.:She is my friend.;We will meet tommorow.:We will meet tomorrow.;"
        "It is definately true.:It is definitely true.;Thier house is big.:Their house is big.;I have no mony.:I have no money.;"
        "He recieved a leter.:He received a letter.;Its a beautifull day.:It's a beautiful day.;I like alot of music.:I like a lot of music.;"
        "The wether is bad.:The weather is bad.;Wich one is yours?:Which one is yours?;I am realy sorry.:I am really sorry.;"
        "This is neccessary.:This is necessary.;My adress is new.:My address is new.",
    ),
    (
        (
            ("Put this into the past tense: {0}", "{1}"),
            ("Say it in the past: {0}", "{1}"),
        ),
        "He works in a shop.:He worked in a shop.;They play chess.:They played chess.;I cook rice.:I cooked rice.;"
        "She writes a letter.:She wrote a letter.;We go home.:We went home.;He opens the window.:He opened the window.;"
        "The dog barks.:The dog barked.;You help me.:You helped me.;It rains.:It rained.;She drives to work.:She drove to work.",
    ),
    (
        (
            ("Make this sentence polite: {0}", "{1}"),
            ('Make this more polite: "{0}"', "{1}"),
            ("Say this politely: {0}", "{1}"),
        ),
        "Give me the bread.:Could you please give me the bread?;Open the window.:Could you please open the window?;"
        "Your room is dirty. Clean it now.:Could you please clean your room? It has become a little dirty.;"
        "Your payment is late. Pay today.:Your payment is a little late. Could you please pay today?;"
        "Be quiet.:Could you please be a little quieter?;Wait here.:Would you please wait here?;"
        "Bring me the menu.:Could you please bring me the menu?;Your text is too long. Cut it.:Could you please shorten your text a little?;"
        "Call me back.:Could you please call me back?;Move your car.:Could you please move your car?",
    ),
    (
        (
            ("Write a Python function {0}.", "```python\ndef {0}:\n    return {1}\n```"),
            ("Write {0} in Python.", "```python\ndef {0}:\n    return {1}\n```"),
            ("Python: a function {0}, please", "```python\ndef {0}:\n    return {1}\n```"),
        ),
        "triple(x):3 * x;half(x):x / 2;is_odd(n):n % 2 == 1;is_positive(n):n > 0;smallest(values):min(values);"
        "total(values):sum(values);square(x):x * x;add(a, b):a + b;shout(text):text.upper();"
        "first(items):items[0];last(items):items[-1];count(items):len(items);product(a, b):a * b;"
        "is_empty(items):len(items) == 0;negate(x):-x;average(values):sum(values) / len(values);"
        "backwards(text):text[::-1];is_divisible(a, b):a % b == 0;longest(words):max(words, key=len)",
    ),
    (
        (
            ("Which SQL statement {0}?", "`{1}`"),
            ("SQL that {0}", "`{1}`"),
        ),
        "shows all rows of the table orders:SELECT * FROM orders#;counts the rows of the table books:SELECT COUNT(*) FROM books#;"
        "gives all names in the table people:SELECT name FROM people#;deletes all rows of the table old:DELETE FROM old#;"
        "lists the cities of the table places:SELECT city FROM places#",
    ),
)
"""(Question, answer) with the fields of a line; the lines."""

SINGLE = (
    ("How can I count to three in Python?", "```python\nfor number in range(1, 4):\n    print(number)\n```"),
    ("Print 0 to 9 in Python.", "```python\nfor number in range(10):\n    print(number)\n```"),
    ("Print 5, 6, 7 and 8 with a Python loop.", "```python\nfor number in range(5, 9):\n    print(number)\n```"),
    ("How do I get the length of a string called name in Python?", "`len(name)`"),
    ("In Python, how long is the list words?", "`len(words)`"),
    ("How do I add an item to a Python list called cart?", "`cart.append(item)`"),
    ("How do I open a file in Python?", "`with open(path) as file:`"),
    ("Who painted the Mona Lisa?", "Leonardo da Vinci."),
    ("Who painted Guernica?", "Pablo Picasso."),
    ("Who painted Sunflowers and many night skies?", "Vincent van Gogh."),
    ("Who wrote Hamlet?", "William Shakespeare."),
    ("Who is the author of A Midsummer Night's Dream?", "William Shakespeare."),
    ("Who wrote Faust?", "Johann Wolfgang von Goethe."),
    ("Who wrote Don Quixote?", "Miguel de Cervantes."),
    ("Who wrote Oliver Twist?", "Charles Dickens."),
    ("Who flew with Neil Armstrong to the moon?", "Buzz Aldrin and Michael Collins."),
    ("Who was the first man in space?", "Yuri Gagarin."),
    ("Who sailed to America in 1492?", "Christopher Columbus."),
    ("Which gas do plants take from the air?", "Carbon dioxide."),
    ("What gas do plants give off?", "Oxygen."),
    ("What is the most common gas in air?", "Nitrogen."),
    ("At what temperature does ice melt?", "At 0 degrees Celsius."),
    ("How hot is boiling water in Fahrenheit?", "212 degrees Fahrenheit."),
    ("How many players has a volleyball team?", "Six."),
    ("How many months are in a year?", "Twelve."),
    ("How many days has April?", "30 days."),
    ("How many hours are in a day?", "24."),
    ("How many continents are there?", "Seven."),
    ("How many planets are in the solar system?", "Eight."),
    ("How many letters has the English alphabet?", "26."),
    ("How many strings does a guitar have?", "Six."),
    ("How many wheels does a tricycle have?", "Three."),
    ("How many sides has a hexagon?", "Six."),
    ("What is the largest animal in the world?", "The blue whale."),
    ("What is the largest land animal?", "The African elephant."),
    ("What is the smallest planet?", "Mercury."),
    ("Which planet has large rings?", "Saturn."),
    ("Which planet is the biggest?", "Jupiter."),
    ("In which country are the pyramids of Giza?", "In Egypt."),
    ("In which country is Machu Picchu?", "In Peru."),
    ("In which city is the Colosseum?", "In Rome."),
    ("In which city is Big Ben?", "In London."),
    ("Which sea lies south of Italy?", "The Mediterranean Sea."),
    ("Which ocean lies between Africa and Australia?", "The Indian Ocean."),
    ("Which mountain is the highest?", "Mount Everest."),
    ("Which river flows through Paris?", "The Seine."),
    ("Which desert is the largest hot desert?", "The Sahara."),
    ("When did the Second World War end?", "In 1945."),
    ("When did the First World War begin?", "In 1914."),
    ("In what year did people first land on the moon?", "In 1969."),
    ("In what year did the Titanic sink?", "In 1912."),
    ("In which year was Germany reunited?", "In 1990."),
    ("Which instrument has pipes and stands in churches?", "The organ."),
    ("Which instrument is played with a bow?", "The violin."),
    ("Which day comes before Friday?", "Thursday."),
    ("Which day is between Sunday and Tuesday?", "Monday."),
    ("Which month comes after May?", "June."),
    ("What is melted ice called?", "Water."),
    ("What is boiled water in the air called?", "Steam."),
    ("What colour do blue and yellow make?", "Green."),
    ("What do pandas eat?", "Bamboo."),
    ("What is the tallest animal on land?", "The giraffe."),
    ("Which organ do we think with?", "The brain."),
    ("Which number is larger, 0.3 or 0.08?", "0.3."),
    ("Which is larger, 0.75 or 0.5?", "0.75."),
    ("Which is more, a half or a quarter?", "A half."),
    ("What is 3 squared?", "9."),
    ("What is 11 squared?", "121."),
    ("What is the square root of 81?", "9."),
    ("How many minutes is two hours and a half?", "150 minutes."),
    ("How many seconds is a minute?", "60."),
    ("How many grams are a kilogram?", "1000 grams."),
    ("How many centimetres are in a metre?", "100."),
)

NAMES = tuple("Anna,Ben,Carla,David,Elena,Farid,Greta,Hugo,Ines,Jonas,Kira,Liam".split(","))
THINGS = tuple("apples,pens,stamps,coins,books,shells,cards,buttons,plums,marbles".split(","))
SORTED = tuple(
    "lemon,cherry,mango,grape,kiwi,fig,plum,melon,olive,peach,table,river,candle,window,garden,yellow,violet,bread,"
    "tiger,zebra,horse,eagle,otter,rabbit,wolf,needle,island,jacket,queen,uncle".split(",")
)

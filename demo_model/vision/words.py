"""Short strings to print in pictures: common words, words that could be words, letters, numbers."""

from __future__ import annotations

from random import Random

from demo_model.data.words import split

MAX_LETTERS = 8
"""The longest printed string. Six letters is what the demo promises; the rest is margin."""

COMMON = split(
    """able about above after again air all also and animal answer apple arm army art ask baby back bad bag ball bank
    bar base bath beach bear beat bed bell best big bike bird black blue board boat body bone book born boss both
    box boy bread break bridge bring brown bus busy buy cake call calm camp can car card care cat chair cheap
    check child city class clean clear clock close cloud club coat code coffee cold come cook cool copy corn cost
    cow cream cross cup cut dance dark data day deep desk dish dog door down draw dream dress drink drive drop dry
    duck dust ear early earth east easy eat edge egg eight end enjoy enter exit eye face fact fair fall family far
    farm fast father fish five flag floor flower fly food foot forest four free fresh friend frog front fruit full
    fun game garden gate gift girl give glad glass go goat gold good grass gray great green ground group grow half
    hall hand happy hard hat head hear heart heat heavy hello help here high hill hold hole home honey hope horse
    hot hotel hour house ice idea iron island job join juice jump just keep key kid kind king kitchen kiss knee
    know lake lamp land large last late laugh lead leaf learn left leg lemon letter level life light like line
    lion list little live local lock long look lost love low luck lunch magic mail main make man map market math
    meal meat meet menu metal milk mind mine mix money monkey moon more morning mother mouse mouth move movie much
    music name near neck need new news next nice night nine no north nose note now number ocean off office oil old
    on one open orange order other out oven over page paint paper park part party past path peace pen people phone
    photo piano pick pink pizza place plan plant play please poem point police pool poor post press price print
    prize pull pure push queen quick quiet radio rain read ready real red rest rice rich right ring river road
    rock roof room rose round run safe sale salt same sand save say school sea seat second see sell send seven
    shade shape share sheep ship shirt shoe shop short show shut sick side sign silver simple sing sister six size
    skin sky sleep slow small smile snow soap sock soft some song soon sorry sound soup south space speak spoon
    sport spring star start stay step still stone stop storm story street strong sugar summer sun sure sweet swim
    table tail take talk tall taste taxi tea teach team ten test thank thing think three ticket tiger time tired
    today top touch tower town toy train tree trip true turn two under up use value very view village visit voice
    wait walk wall want warm wash watch water wave way weak wear week west wet wheel white wide wild wind window
    wine winter wish wood word work world write wrong year yellow yes you young zebra zero zoo""",
    " ",
)

MORE = split(
    """acid acorn actor add admit adult age ago aid aim alarm album alert alien alley alone amber angel anger angle
    ankle ant apron arch arena argue arrow artist ash aunt autumn awake award badge baker bamboo banana band bank
    banner barn basket bat beam bean beard bee bell below belt bench berry bet bill bin bit bite blade blank blast
    blaze blend blink block blood bloom blow boil bold bolt bonus boost boot bottle bottom bounce bow bowl brain
    brake branch brand brave bread brick bride brush bucket bug build bulb bull bunny burn burger bush butter button
    cab cabin cable cactus camera candle candy canoe cap cape carpet carrot cart castle cave cell chain chalk charm
    chef cherry chess chest chick chief chin chip choir cinema circle circus clay cliff climb clip cloth clown coach
    coal coast coin colour comb comet comic cookie copper coral cotton couch count cousin cover cozy crab crane crash
    crisp crown cube curl curry curve cycle daisy dad damp danger dawn deal deer delta den dent desert dessert diet
    dime dinner dirt disco dive doctor doll dollar donkey donut doubt dough dove dozen dragon drill drum dune dusk
    eagle echo elbow elf empty engine enough equal error evening exam exam expert fabric fable fairy faith falcon fan
    fancy fare fault fear feast feather fence fern ferry fever few fig film final finger fire fix flame flash fleet
    flight flip float flock flour flow flute foam fog fold folk forget fork form fort fossil fox frame freeze frost
    fuel funny fur future galaxy gallon gap garage garlic gas gear gem ghost giant ginger globe glove glow glue gnome
    goal goose grain grape grid grill grin grip guard guess guest guide guitar gum guy gym habit hammer handle harbor
    hare hat hawk hay hazel hedge hen herb hero hiker hint hip hobby hood hook hop horn hug humor hunt hut icon igloo
    inch ink insect inside jacket jam jar jaw jazz jeans jelly jet jewel jog joke judge jungle junior kayak kettle
    kite kitten knife knock label lace ladder lady lake lamb lane laptop laser latch lava law lawn layer leather leg
    lens level lid lift lily limb lime limit linen lip liquid lizard lobby log loop lorry lotus loud lunar lung mall
    mango maple marble mask mast match maze meadow medal melon member memory mess meter middle mild mill mint minute
    mirror mist mixer model mole monday monster month mood moose moss motor mud mug mule museum muscle myth nail nap
    napkin nature nest net nickel nine noble noise noon novel nurse nut oak oasis oat olive onion opera orbit otter
    owl owner oyster pack paddle palace palm pan panda panel panic parcel parrot pasta patch pause paw pea peach peak
    pearl pebble pencil penny pepper pet pie pig pillow pilot pin pine pipe pirate pitch planet plate plug plum
    pocket polar pond pony poppy potato pouch powder prawn prince prism puddle pulse pump punch pupil puppy purple
    purse puzzle quarry quest quilt quiz rabbit race rack raft rail rake ranch rapid rat raven razor rebel recipe
    reef relax rent rescue rhyme ribbon riddle rider robin robot rocket rod root rope rough royal rubber ruby rug
    ruler rust sack sad saddle sail salad salmon salute sandal satin sauce scarf school scoop score scout screen
    seal seed shadow shark shell shield shift shore shovel shrimp silk silly siren sketch ski skill skirt skull slice
    slide slope smart smell smoke snack snail snake sniff soccer soda sofa solar solid soul spade spark spell spice
    spider spin spirit splash spot spray square squid stable stage stairs stamp steam steel stem stick stool stove
    straw stripe studio sugar suit sunny sunset swan sweat switch sword syrup tailor tank tape target tart tea temple
    tennis tent thorn thread throne thumb thunder tide tie tiny title toast toe toilet tomato ton tool tooth torch
    total trail travel treat tribe trick trophy truck trunk tulip tuna tunnel turkey turtle twig twin twist uncle
    union unit urban valley van vase velvet vest vine violin virus vote wagon walnut wallet wand wasp wax weasel web
    wedge weed whale wheat whip whole widow willow wing wink wire wolf wool wrist yacht yard yawn yoga yogurt zip
    zone""",
    " ",
)
NAMES = split(
    """Aaron Ada Adam Aisha Alan Alex Alice Amir Amy Ana Andre Andy Anna Anton Anya Aria Arthur Ava Bella Ben Beth Bob
    Boris Brian Bruno Carl Carla Carlos Chen Chloe Chris Clara Cole Daisy Dan Dana Dave David Diana Diego Dora Dylan
    Eddie Elena Eli Ella Elsa Emil Emily Emma Enzo Eric Erik Ethan Eva Eve Fatima Felix Fiona Frank Fred Freya Gina
    Grace Greg Greta Hana Hans Harry Heidi Helen Henry Hugo Ian Ida Igor Ines Ingrid Iris Isaac Ivan Ivy Jack Jacob
    Jade Jake James Jan Jane Jay Jean Jenny Jill Jim Joan Joe Joel John Jose Josh Juan Judy Julia June Kai Karen Kate
    Ken Kevin Kim Kira Klaus Kofi Kurt Kyle Lara Lars Laura Lea Leah Leo Levi Liam Lily Lina Lisa Liz Louis Luca Lucia
    Lucy Luis Luke Luna Maja Marco Maria Mario Mark Marta Martin Mary Matt Max Maya Mei Mia Mike Mila Mina Moses Nadia
    Nancy Nick Nico Nina Noah Noor Nora Olga Oliver Omar Oscar Otto Owen Pablo Paul Pedro Peter Petra Phil Priya Quinn
    Rachel Raj Ravi Rita Rob Robin Rosa Ruby Ruth Ryan Sam Sara Sasha Sean Simon Sofia Sonia Stan Steve Sue Suki Tara
    Ted Tess Theo Tim Tina Tom Tony Uma Vera Vic Viktor Wanda Wei Will Xavier Yara Yuki Yusuf Zac Zara Zoe Rome Paris
    London Berlin Oslo Tokyo Lima Cairo Delhi Madrid Milan Miami Dubai Seoul Texas Spain Italy Japan China India Peru
    Chile Kenya Egypt France Brazil Canada Poland Sony Nokia Honda Lego Ford Apple Zoom Cola""",
    " ",
)

_ONSETS = split(
    "b|bl|br|c|ch|cl|cr|d|dr|f|fl|fr|g|gl|gr|h|j|k|l|m|n|p|pl|pr|qu|r|s|sc|sh|sk|sl|sm|sn|sp|st|t|th|tr|v|w|y|z"
)
_VOWELS = split("a|a|a|e|e|e|i|i|o|o|u|ai|ea|ee|oo|ou")
_CODAS = ("",) * 4 + split("b|ck|d|ft|g|k|l|ll|m|mp|n|nd|ng|nt|p|r|rd|rk|rn|s|ss|st|t|x|z")
_SAME_CASE = "cosvwxzCOSVWXZil"
"""Nothing tells capitals of these from small ones, or from each other, where they stand alone."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


_LIKE_OTHERS = ("o", "i", "l")
"""Alone, they could be numbers."""


def pronounceable(rng: Random) -> str:
    """A made-up word of two to `MAX_LETTERS` letters."""
    while True:
        word = ""
        for _ in range(rng.choice((1, 1, 2, 2, 2, 3))):
            word += rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
        if 2 <= len(word) <= (MAX_LETTERS if rng.random() < 0.15 else 6):
            return word


def random_letters(rng: Random) -> str:
    """Letters without sense, so that reading cannot become guessing."""
    while True:
        word = "".join(rng.choice(_LETTERS) for _ in range(rng.choice((1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6))))
        if word not in _LIKE_OTHERS:
            return word


def in_some_case(rng: Random, word: str) -> str:
    """The word in capitals, small letters or with a capital first."""
    if all(letter in _SAME_CASE for letter in word):
        return word.upper()
    if rng.random() < 0.04 and not any(letter in "ilIL" for letter in word):
        return "".join(rng.choice((letter.upper(), letter.lower())) for letter in word)
    return rng.choice((word.upper(), word.upper(), word, word.capitalize()))


def sample_number(rng: Random) -> str:
    """One to six digits without a leading zero."""
    digits = rng.choice((1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 6))
    return str(rng.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits))


def sample_word(rng: Random) -> str:
    """One to `MAX_LETTERS` letters, in any case."""
    draw = rng.random()
    if draw < 0.15:
        word = rng.choice(COMMON)
    elif draw < 0.35:
        word = rng.choice(MORE)
    elif draw < 0.45:
        word = rng.choice(NAMES)
    elif draw < 0.65:
        word = pronounceable(rng)
    else:
        word = random_letters(rng)
    return in_some_case(rng, word)

//! The words of the stories: what each thing looks like and does.
//!
//! A noun's looks and deeds are its own, so that after "It was" or "The keys to the cabinet are" only the
//! noun that grammar points at tells what comes next.

use std::sync::LazyLock;

/// Which pronoun stands for a noun in the singular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A thing: "it", and its modifiers are those of things.
    Thing,
    /// An animal: "it", and its modifiers are those of the living.
    Animal,
    /// A man or a boy: "he".
    He,
    /// A woman or a girl: "she".
    She,
}

impl Kind {
    /// Whether it lives, and so can be hungry or happy, see and follow.
    pub fn lives(self) -> bool {
        self != Kind::Thing
    }
}

/// One noun or name with all that the stories know of it.
#[derive(Debug)]
pub struct Noun {
    /// Singular, or the name.
    pub one: &'static str,
    /// Plural; empty for a name.
    pub many: &'static str,
    /// Pronoun and kind of modifier.
    pub kind: Kind,
    /// The preposition that this noun is mostly found with.
    pub habit: &'static str,
    /// Adjectives that are true of it.
    pub looks: Vec<&'static str>,
    /// What it does: base forms of verbs without an object.
    pub deeds: Vec<&'static str>,
}

impl Noun {
    /// Whether this is a person's name, used without an article.
    pub fn is_name(&self) -> bool {
        self.many.is_empty()
    }
}

/// An adjective that decides what its noun does, whatever the noun is.
#[derive(Debug)]
pub struct Modifier {
    /// The adjective.
    pub word: &'static str,
    /// Base forms of the verbs that follow from it.
    pub deeds: Vec<&'static str>,
}

/// singular plural habit | looks | deeds
const ANIMALS: &str = "\
cat cats on | fluffy furry sleepy | purr meow hiss
kitten kittens under | fluffy cute small | purr meow play
dog dogs by | loyal furry friendly | bark growl dig
puppy puppies beside | playful cute friendly | bark whine play
horse horses beside | strong graceful tall | gallop neigh trot
pony ponies in | gentle small graceful | trot neigh gallop
cow cows in | gentle large calm | moo graze chew
pig pigs in | pink muddy fat | grunt snort squeal
sheep sheep near | woolly white gentle | bleat graze follow
goat goats on | stubborn bearded hungry | bleat climb chew
rabbit rabbits under | soft timid quick | hop nibble hide
mouse mice under | tiny timid gray | squeak nibble hide
rat rats behind | gray sly dirty | squeak gnaw crawl
squirrel squirrels in | quick bushy nimble | climb chatter nibble
fox foxes behind | sly clever orange | sneak hunt yelp
wolf wolves behind | fierce wild gray | howl hunt growl
bear bears near | huge furry grumpy | growl roar climb
lion lions near | fierce golden royal | roar prowl hunt
tiger tigers behind | striped fierce wild | roar prowl pounce
monkey monkeys in | clever nimble cheeky | climb chatter swing
elephant elephants near | huge wise gray | stomp trumpet splash
camel camels beside | thirsty patient humped | spit kneel walk
deer deer near | graceful timid spotted | leap graze run
frog frogs in | green slimy jumpy | croak hop leap
toad toads under | warty slimy ugly | croak hop sit
snake snakes under | long slimy poisonous | hiss slither bite
turtle turtles by | slow patient green | crawl swim hide
duck ducks by | feathered plump noisy | quack swim waddle
goose geese by | noisy proud feathered | honk waddle hiss
hen hens in | plump feathered brown | cluck peck scratch
rooster roosters on | proud noisy colorful | crow strut peck
bird birds in | feathered cheerful tiny | sing fly chirp
owl owls in | wise feathered watchful | hoot fly blink
crow crows on | black clever noisy | caw fly peck
eagle eagles above | proud mighty watchful | soar fly screech
parrot parrots on | colorful talkative green | squawk talk fly
penguin penguins on | plump black cold | waddle swim slide
swan swans on | white graceful elegant | glide swim hiss
fish fish in | slippery silver shiny | swim splash glide
shark sharks in | fierce gray toothy | swim bite hunt
whale whales in | huge blue mighty | dive spout sing
crab crabs under | hard red sideways | crawl pinch hide
bee bees near | busy striped fuzzy | buzz sting hum
fly flies on | annoying tiny black | buzz crawl land
spider spiders above | hairy black creepy | crawl spin bite
ant ants on | tiny busy strong | march crawl bite
butterfly butterflies above | delicate colorful pretty | flutter fly land
worm worms under | slimy long pink | wriggle crawl dig
snail snails on | slow slimy patient | crawl slide hide
dragon dragons above | scaly mighty fierce | roar soar breathe";

/// The same for things.
const THINGS: &str = "\
ball balls under | round bouncy rubber | bounce roll spin
mat mats under | flat woven dusty | slide curl fade
rug rugs under | woven thick colorful | fade curl burn
carpet carpets under | thick woven stained | fade stretch fray
box boxes under | square wooden sturdy | open break tip
crate crates behind | wooden sturdy rough | break creak tip
chest chests under | locked wooden ancient | open creak close
cabinet cabinets beside | wooden locked tall | open creak close
drawer drawers under | narrow wooden stuck | open slide close
key keys in | rusty metal tiny | jingle turn rust
lock locks on | rusty metal sturdy | click turn rust
table tables near | wooden sturdy polished | wobble creak collapse
desk desks near | wooden tidy polished | wobble creak shake
chair chairs by | wooden comfortable padded | wobble creak tip
sofa sofas by | comfortable leather padded | sag creak tear
bed beds by | comfortable soft warm | sag creak squeak
pillow pillows on | soft feathery comfortable | flatten tear sag
blanket blankets on | warm woolly cozy | slip tear fray
lamp lamps beside | bright glass electric | glow flicker shine
candle candles on | waxy lit scented | melt flicker burn
lantern lanterns above | bright glass lit | glow swing flicker
clock clocks above | accurate electric loud | tick chime ring
watch watches in | accurate golden expensive | tick stop beep
door doors beside | wooden locked painted | open close slam
window windows above | transparent glass dusty | open break rattle
mirror mirrors above | shiny glass polished | crack shatter shine
picture pictures above | painted framed beautiful | hang fade tilt
book books on | interesting thick printed | open fall tear
letter letters in | written sealed secret | arrive burn tear
map maps on | folded printed detailed | unfold tear fade
pencil pencils beside | pointed sharp wooden | snap roll break
pen pens beside | inky plastic expensive | leak roll write
cup cups on | chipped ceramic full | spill crack shatter
plate plates on | flat ceramic chipped | crack shatter spin
bowl bowls on | deep ceramic chipped | spill crack shatter
glass glasses on | transparent fragile full | spill crack shatter
spoon spoons in | silver metal curved | bend clatter tarnish
fork forks in | silver metal pointed | bend clatter tarnish
knife knives in | sharp metal dangerous | cut gleam slice
pot pots on | iron deep metal | boil bubble simmer
pan pans on | iron flat greasy | sizzle clatter smoke
kettle kettles on | iron steaming metal | boil whistle steam
bottle bottles in | glass corked transparent | break spill pop
jar jars in | glass sealed sticky | break spill open
basket baskets under | woven full light | tip sway overflow
bag bags under | leather zipped full | rip bulge tear
bucket buckets beside | plastic full deep | leak tip overflow
coat coats on | warm woolly buttoned | hang shrink fray
hat hats on | felt stylish woolly | fall shrink fly
shoe shoes under | leather laced muddy | squeak pinch shrink
boot boots under | leather muddy waterproof | squeak pinch leak
sock socks in | woolly smelly striped | shrink stretch slip
shirt shirts in | cotton ironed buttoned | shrink wrinkle fade
dress dresses in | silky elegant pretty | swirl wrinkle flow
scarf scarves around | silky woolly long | unravel flap flow
ring rings in | golden precious expensive | sparkle gleam vanish
coin coins in | golden silver valuable | clink roll gleam
crown crowns on | golden royal precious | sparkle gleam fall
sword swords beside | sharp steel deadly | clash gleam rust
drum drums beside | loud hollow wooden | boom thump echo
bell bells above | loud brass hollow | ring chime clang
guitar guitars beside | wooden musical tuned | twang hum play
piano pianos near | musical heavy tuned | play echo boom
flute flutes beside | musical silver hollow | whistle trill play
trumpet trumpets beside | brass loud musical | blare toot play
violin violins beside | wooden musical delicate | hum screech play
car cars behind | fast expensive electric | honk crash stop
bus buses behind | crowded yellow late | honk stop arrive
train trains near | fast crowded late | whistle rattle arrive
truck trucks behind | loud dusty powerful | honk rumble crash
boat boats near | wooden sturdy leaky | sail drift rock
ship ships near | huge sturdy powerful | sail drift anchor
plane planes above | fast huge powerful | fly land crash
rocket rockets above | fast powerful pointed | launch explode zoom
bike bikes beside | fast rusty shiny | skid wobble coast
wagon wagons behind | wooden rusty slow | rumble creak rattle
kite kites above | light colorful paper | soar dip flutter
doll dolls beside | cute plastic pretty | blink talk squeak
robot robots beside | metal electric obedient | beep talk whir
balloon balloons above | round inflated rubber | float pop drift
cake cakes on | sweet creamy delicious | rise crumble bake
pie pies on | sweet crusty delicious | cool crumble bake
cookie cookies in | sweet crunchy delicious | crumble bake snap
apple apples in | ripe juicy crisp | ripen fall rot
orange oranges in | ripe juicy round | ripen roll rot
lemon lemons in | sour yellow juicy | ripen roll shrivel
banana bananas in | ripe yellow curved | ripen bruise rot
carrot carrots in | crunchy orange pointed | grow snap shrivel
potato potatoes in | brown lumpy starchy | grow sprout boil
tomato tomatoes in | ripe red juicy | grow ripen burst
onion onions in | smelly layered raw | grow sprout fry
egg eggs in | fragile oval smooth | hatch crack boil
sandwich sandwiches on | tasty toasted thick | drip crumble vanish
tree trees near | leafy tall ancient | grow sway bend
bush bushes near | leafy thorny green | grow rustle spread
flower flowers near | pretty fragrant colorful | bloom grow wilt
rose roses near | fragrant thorny pink | bloom grow wilt
leaf leaves on | green thin dry | fall rustle flutter
seed seeds in | tiny round dry | sprout grow split
branch branches above | leafy crooked thin | snap bend sway
rock rocks beside | hard solid rough | roll tumble crack
stone stones beside | hard smooth solid | roll skip crack
stick sticks beside | crooked thin wooden | snap float burn
cloud clouds above | white fluffy gray | drift gather vanish
star stars above | bright distant tiny | twinkle shine fade
river rivers by | deep wide muddy | flow flood freeze
lake lakes by | deep calm clear | freeze ripple flood
hill hills behind | steep grassy green | slope rise erode
mountain mountains behind | steep snowy huge | rise rumble erupt
road roads by | long narrow bumpy | bend curve end
bridge bridges near | long sturdy stone | sway collapse creak
wall walls behind | thick stone tall | stand collapse crack
fence fences behind | wooden painted tall | stand fall rot
gate gates beside | iron locked rusty | open close swing
roof roofs above | sloped tiled leaky | leak sag collapse
tower towers behind | tall stone ancient | stand lean collapse
castle castles near | stone ancient royal | stand crumble fall
house houses near | cozy painted brick | stand burn shake
barn barns behind | wooden red dusty | stand burn lean
tent tents near | canvas striped waterproof | flap collapse leak
phone phones on | electric modern expensive | ring buzz vibrate
computer computers on | electric modern powerful | hum crash beep
radio radios on | loud electric modern | play crackle hum
camera cameras on | modern expensive digital | click flash whir
engine engines behind | powerful loud greasy | roar rumble stall
machine machines behind | powerful noisy complicated | hum clank whir
umbrella umbrellas beside | folded waterproof striped | flap fold drip
ladder ladders beside | tall wobbly wooden | wobble fall slip
hammer hammers beside | iron solid steel | swing pound fall
nail nails in | pointed steel bent | bend rust snap
rope ropes around | thick strong knotted | tighten snap fray
brick bricks under | red solid rough | crumble crack fall
wheel wheels beside | round rubber iron | spin roll turn
flag flags above | colorful silky striped | wave flap flutter
toy toys under | plastic colorful cute | squeak break wobble
gift gifts under | wrapped special expensive | arrive shine vanish
newspaper newspapers on | printed folded daily | arrive tear burn";

/// The same for men and women who have no name.
const HIM: &str = "\
boy boys by | playful young curious | play giggle jump
man men near | tall bearded serious | work nod snore
king kings above | royal rich powerful | rule command frown
prince princes beside | royal handsome young | ride bow duel
father fathers beside | strong patient serious | work snore nod
brother brothers behind | young noisy annoying | tease wrestle play
uncle uncles by | funny bearded generous | joke snore whistle
grandfather grandfathers by | wise bearded forgetful | snore nod whittle
wizard wizards behind | bearded magical mysterious | chant vanish conjure
knight knights beside | brave loyal armored | duel ride kneel";
const HER: &str = "\
girl girls by | curious young cheerful | sing skip giggle
woman women near | elegant tall calm | work hum nod
queen queens above | royal elegant powerful | rule wave command
princess princesses beside | royal pretty young | dance curtsy sing
mother mothers beside | gentle patient loving | cook hum sing
sister sisters behind | young talkative cheerful | giggle skip tease
aunt aunts by | generous talkative funny | knit gossip cook
grandmother grandmothers by | wise gentle forgetful | knit cook hum
witch witches behind | magical ugly mysterious | cackle vanish chant
fairy fairies above | magical tiny delicate | flutter vanish dance";
/// Of either sex; a story decides.
const ROLES: &str = "\
teacher teachers near | strict patient smart | teach explain scold
doctor doctors beside | careful smart helpful | heal operate explain
nurse nurses beside | kind helpful patient | heal comfort listen
farmer farmers in | strong muddy patient | plow plant harvest
baker bakers behind | floury cheerful plump | bake knead whistle
driver drivers behind | careful late alert | steer honk drive
soldier soldiers behind | brave armed obedient | march fight salute
painter painters near | creative messy famous | paint sketch draw
singer singers near | famous talented musical | sing perform hum
sailor sailors by | rough bearded adventurous | sail fish row
student students by | smart young nervous | study read learn
thief thieves behind | sneaky sly quick | steal sneak flee
child children by | young playful curious | play giggle cry
friend friends beside | loyal kind friendly | help listen share
neighbor neighbors near | friendly nosy polite | wave gossip chat
hunter hunters behind | patient armed quiet | hunt aim track
dancer dancers near | graceful elegant talented | dance twirl leap
pilot pilots near | careful alert brave | fly land steer
judge judges above | strict fair serious | decide frown listen
clown clowns near | funny silly colorful | juggle joke tumble
chef chefs behind | creative messy plump | cook chop taste
writer writers beside | creative famous quiet | write read think";

/// name habit | looks | deeds
const MEN: &str = "\
Tom by | funny noisy young | joke laugh tease
John near | serious tall patient | work nod read
Jack behind | sneaky clever quick | steal climb run
Ben by | shy quiet polite | read blush listen
Sam beside | friendly cheerful kind | wave help share
Max near | strong brave loud | wrestle shout jump
Peter behind | careful quiet smart | think study write
Paul by | musical talented shy | sing hum whistle
David near | brave strong loyal | fight march win
Henry above | rich proud strict | rule command frown
George beside | curious messy young | dig climb explore
James near | handsome elegant polite | bow dance smile
Bob by | plump cheerful messy | cook eat snore
Leo near | proud fierce loud | roar boast shout
Oscar behind | grumpy dirty rude | grumble frown growl
Daniel by | kind patient wise | listen pray teach
Adam in | strong calm patient | plant dig plow
Luke near | adventurous young brave | fly explore duel
Mark beside | fast athletic strong | run race jump
Noah by | calm wise bearded | sail build";
const WOMEN: &str = "\
Anna near | musical cheerful talented | sing hum dance
Mary by | gentle loving kind | pray knit cook
Alice under | curious young clever | wonder explore dream
Emma beside | elegant smart polite | read write smile
Lucy by | playful young noisy | giggle skip play
Sara near | athletic strong fast | run race swim
Jane beside | calm quiet smart | read think study
Kate near | brave strong loud | shout climb fight
Ella by | pretty graceful elegant | dance twirl bow
Rose in | gentle quiet patient | plant water harvest
Mia beside | tiny cute shy | blush hide whisper
Zoe near | funny silly noisy | joke laugh tumble
Lily in | delicate pretty shy | bloom smile paint
Julia beside | creative messy talented | paint sketch draw
Helen above | proud rich famous | command frown boast
Clara by | careful tidy strict | sweep teach scold
Nora behind | sneaky sly clever | steal sneak hide
Ruby near | generous rich loving | share help hug
Eva by | sleepy slow calm | sleep yawn dream
Grace near | graceful polite kind | curtsy glide comfort";

/// word | deeds, for the living
const MODS_LIVING: &str = "\
hungry | eat feast
thirsty | drink sip
tired | rest yawn
happy | smile cheer
sad | weep sob
angry | yell stamp
scared | tremble flee
sick | cough sneeze
lazy | nap lounge
curious | search peek
lonely | sigh wander
nervous | fidget pace
busy | hurry rush
silly | wink prance
greedy | grab hoard
injured | limp bleed
dizzy | stagger faint
excited | jump squeal
jealous | glare sulk
surprised | gasp stare
lost | roam call
bored | doze loaf
guilty | confess apologize
confused | pause hesitate
freezing | shiver huddle";
/// The same for things.
const MODS_THING: &str = "\
heavy | sink plunge
light | float rise
hot | sizzle scorch
cold | freeze frost
wet | drip soak
round | roll spin
bright | glow dazzle
broken | rattle crack
rotten | stink decay
shiny | sparkle glitter
loose | slip wobble
tall | sway topple
old | creak crumble
dry | shrivel flake
full | overflow spill
hollow | echo boom
magic | vanish talk
burning | smoke crackle
sticky | cling stick
fragile | shatter break
frozen | thaw melt
noisy | clatter bang
dirty | reek stain
empty | tip clank
stretched | snap tear";

fn rows(text: &'static str, kind: Kind) -> impl Iterator<Item = Noun> {
    text.lines().filter_map(move |line| {
        let mut part = line
            .split('|')
            .map(|p| p.split_whitespace().collect::<Vec<_>>());
        let (head, looks, deeds) = (part.next()?, part.next()?, part.next()?);
        let (one, many, habit) = match head.as_slice() {
            [one, many, habit] => (*one, *many, *habit),
            [name, habit] => (*name, "", *habit),
            _ => return None,
        };
        Some(Noun {
            one,
            many,
            kind,
            habit,
            looks,
            deeds,
        })
    })
}

/// Nouns that take "it".
pub static ITS: LazyLock<Vec<Noun>> = LazyLock::new(|| {
    rows(ANIMALS, Kind::Animal)
        .chain(rows(THINGS, Kind::Thing))
        .collect()
});
/// The living among them.
pub static CREATURES: LazyLock<Vec<Noun>> = LazyLock::new(|| rows(ANIMALS, Kind::Animal).collect());
/// People without a name, of either sex.
pub static PEOPLE: LazyLock<Vec<Noun>> = LazyLock::new(|| {
    let both = rows(ROLES, Kind::He).chain(rows(ROLES, Kind::She));
    rows(HIM, Kind::He)
        .chain(rows(HER, Kind::She))
        .chain(both)
        .collect()
});
/// People with a name.
pub static NAMES: LazyLock<Vec<Noun>> =
    LazyLock::new(|| rows(MEN, Kind::He).chain(rows(WOMEN, Kind::She)).collect());

fn modifiers(text: &'static str) -> Vec<Modifier> {
    let row = |line: &'static str| {
        let (word, deeds) = line.split_once('|')?;
        Some(Modifier {
            word: word.trim(),
            deeds: deeds.split_whitespace().collect(),
        })
    };
    text.lines().filter_map(row).collect()
}

/// Modifiers of people and animals.
pub static LIVING_MODIFIERS: LazyLock<Vec<Modifier>> = LazyLock::new(|| modifiers(MODS_LIVING));
/// Modifiers of things.
pub static THING_MODIFIERS: LazyLock<Vec<Modifier>> = LazyLock::new(|| modifiers(MODS_THING));

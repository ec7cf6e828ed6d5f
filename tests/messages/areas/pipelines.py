"""Pipelines, plans and stages; and libvirt, which they talk to."""

from tests.messages.case import Area, Case
from tests.messages.spoilt import without

VM = {"vm.yaml": "kind: test\nname: web\nmemory: 1024"}
XML = {"vm.xml": "<domain type='test'><name>x</name><memory>1024</memory><os><type>hvm</type></os></domain>"}
TOML = 'format = 1\nname = "site"\nextends = "../staged"\n'


def run(title: str, pipeline: str, stages: str = "", plan: str = "", more: str = "") -> Case:
    files = VM | {"site/dialect.toml": f"{TOML}[pipeline]\nrun = {pipeline}\n{more}"}
    if stages:
        files["site/stages.py"] = stages
    if plan:
        files["site/plan.py"] = plan
    return Case(title, "xform run --dialect site vm.yaml", files)


AREA = Area(
    "Pipelines, and libvirt",
    [
        run("a stage that there is not", '["generate", "strat"]'),
        run("a pipeline without stages", "[]"),
        Case("a dialect without a pipeline", "xform run --dialect workshop w.yaml", {"w.yaml": "name: a"}),
        Case("a stage that the pipeline does not have", "xform run --dialect staged vm.yaml --until chekc", VM),
        Case("a stage that comes before the first", "xform run --dialect staged --from check vm.xml --until plan", XML),
        Case(
            "a stage that takes what no file holds",
            "xform run --dialect site --from count vm.xml",
            XML | {"site/dialect.toml": TOML + '[pipeline]\nrun = ["generate", "match", "count"]'},
        ),
        run("a stage that takes something else", '["check"]'),
        run("a stage that takes something else than the one before gave", '["generate", "plan"]'),
        run(
            "a stage that raises",
            '["break"]',
            "def break_(entity, run):\n    raise RuntimeError('no')\nvars()['break'] = break_\n",
        ),
        run("a stage that ends the process", '["leave"]', "def leave(entity, run):\n    raise SystemExit(0)\n"),
        run("a stage that gives something else", '["lie"]'),
        run("a stage that gives what cannot be shown", '["name"]', "def name(entity, run):\n    return object()\n"),
        run("a stage that gives nothing", '["generate", "forget", "check"]'),
        run("stages that do not load", '["plan"]', "import nothing_of_this_name\n"),
        run(
            "a stage of a kind that there is not",
            '["keep"]',
            "from xform.pipeline import stage\n@stage('entty')\ndef keep(entity, run):\n    return entity\n",
        ),
        run("a plan without its function", '["plan"]', plan="def paln(vm, *, dialect):\n    return vm\n"),
        run("a plan that raises", '["plan"]', plan="def plan(vm, *, dialect):\n    return vm.nmae\n"),
        run("a plan that gives something else", '["plan"]', plan="def plan(vm, *, dialect):\n    return None\n"),
        run("a plan that is no function", '["plan"]', plan="plan = 1\n"),
        run("a plan that takes too little", '["plan"]', plan="def plan(vm):\n    return vm\n"),
        run("a plan that takes too much", '["plan"]', plan="def plan(vm, *, dialect, host):\n    return vm\n"),
        Case(
            "a document to check without a schema",
            "xform run --dialect site --from check m.xml",
            {
                "m.xml": "<workshop/>",
                "site/dialect.toml": 'format = 1\nname = "site"\nextends = "../workshop"\n[pipeline]\nrun = ["check"]',
            },
        ),
        Case(
            "a document that the schema refuses",
            "xform run --dialect staged --from check vm.xml",
            {"vm.xml": "<domain><name>x</name><nmae/></domain>"},
        ),
        Case(
            "an entity that the tables do not admit, in a run",
            "xform run --dialect staged vm.yaml",
            {
                "vm.yaml": 'kind: test\nname: "a "\nmemory: 1\ndisks: [{target: vda, device: disk}, {target: vda, device: disk}]\nconsoles: [{type: a, port: 1}, {type: a, port: 1}]'
            },
        ),
        Case(
            "a secret",
            "xform run --dialect mini vm.yaml --until generate",
            {"vm.yaml": "name: a\nscreens: [{kind: vnc, password: hunter2}]"},
        ),
        Case(
            "an entity that the plan makes inadmissible",
            "xform run --dialect mini vm.yaml --until generate",
            {"vm.yaml": "name: a\ndisks: [{target: vda, image: a.img}]\nscreens: [{}]"},
        ),
        Case(
            "libvirt that cannot be reached",
            "xform run --dialect staged --from start vm.xml --connect none:///such",
            XML,
        ),
        Case(
            "libvirt that refuses a domain",
            "xform run --dialect staged --from start vm.xml --connect test:///default",
            {"vm.xml": "<domain type='test'><name>x</name></domain>"},
        ),
        Case(
            "a domain that libvirt does not have",
            "xform run --dialect staged --from dump vm.xml --connect test:///default",
            {"vm.xml": "<domain type='test'><name>x</name><uuid>6695eb01-f6a4-4304-79aa-97f2502e193f</uuid></domain>"},
        ),
        Case("no libvirt-python", "xform run --dialect staged --from start vm.xml", XML, spoilt=without("libvirt")),
    ],
)

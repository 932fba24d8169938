"""Which AWS operations the Rust source calls, by the operations that botocore knows."""

import re
from functools import cache

import botocore.session
from botocore import xform_name

from infra.template import ROOT

AWS = ROOT / "shared" / "aws"


def source():
    """All of `shared/aws`, the only crate that calls AWS."""
    return "\n".join(path.read_text() for path in sorted((AWS / "src").rglob("*.rs")))


# The modules of the host that are no part of the gates': what people call through the command, functions of their own, and
# the tables of these.
PEOPLES = {"plan_store"}
APART = {"reap", "checks", "resolve", "grant", "notify", "deliver", "deployed", "worker", "entries", *PEOPLES}


def source_of_gates(gates):
    """The source of gates, and of the host that every gate runs in."""
    own = [path for name in gates for path in sorted((ROOT / "shared" / "gates" / "src").rglob(f"{name}*/**/*.rs"))]
    own += [ROOT / "shared" / "gates" / "src" / f"{name}.rs" for name in gates]
    text = "\n".join(path.read_text() for path in own)
    return "\n".join([text, *(source for module, source in host().items() if module not in APART)])


def host():
    """The source of the host by its modules, each with those below it. The tests in it call nothing."""
    folder = ROOT / "shared" / "host" / "src"
    found = {}
    for path in sorted(folder.rglob("*.rs")):
        parts = path.relative_to(folder).with_suffix("").parts
        if "tests" not in parts:
            found[parts[0]] = found.get(parts[0], "") + path.read_text()
    return found


def source_of_module(module, modules):
    """The source of a module of the host, and of what it calls of the others."""
    return followed(modules[module], module, modules, set())


def environment():
    """The variables that functions are told in their environment, as the source asks for them."""
    return set(re.findall(r'environment\(\s*"(SLUICE_\w+)"\s*\)', host()["run"]))


def followed(text, module, modules, seen):
    """A text with the functions that it calls: those beside it, those imported, and the methods of imported types."""
    found = [text]
    for other, name, pattern in callable_from(module, modules):
        if (other, name) not in seen and re.search(pattern, text):
            seen.add((other, name))
            found.append(followed(functions(modules[other]).get(name, ""), other, modules, seen))
    return "\n".join(found)


def callable_from(module, modules):
    """Which functions a module could call, each with where it is and how a call of it looks."""
    # `push(` and `self.push(`, and not `list.push(`.
    yield from ((module, name, rf"(?:(?<![.\w])|\bself\s*\.){name}\(") for name in functions(modules[module]))
    for other, name in imported(modules[module], modules):
        if re.match(r"[A-Z]\w*[a-z]", name):
            # What is of a type `PlanStore` is called `store` wherever it is used, or after the method that gives it.
            variables = [re.findall(r"[A-Z][a-z]*", name)[-1].lower()]
            variables += re.findall(rf"\bfn (\w+)\(&self\) -> {name}\b", modules[module])
            variable = rf"(?:{'|'.join(variables)})(?:\(\))?"
            methods_of = functions(modules[other])
            yield from ((other, own, rf"\b(?:{variable}\s*\.|{name}::){own}\(") for own in methods_of)
        else:
            yield other, name, rf"\b{name}\("


def imported(text, modules):
    """What a module uses of the others, with the module that it is from. What has none is the crate's own."""
    found = set()
    for path, several, one in re.findall(r"\buse crate::((?:\w+::)*)(?:\{([^}]*)\}|(\w+));", text):
        module = path.split("::")[0] or "lib"
        names = re.findall(r"\w+", several or one)
        found |= {(module, name) for name in names if module in modules}
    return found


@cache
def functions(text):
    """The functions of a text, by their names; of several with one name, all."""
    parts = re.split(r"\bfn (\w+)", text)
    found = {}
    for name, body in zip(parts[1::2], parts[2::2]):
        found[name] = found.get(name, "") + body
    return found


@cache
def methods():
    """What each function of `shared/aws` calls, those that it calls of the same crate included."""
    bodies = functions(source())
    return {name: called(reached(name, bodies, set())) for name in bodies}


def reached(name, bodies, seen):
    """The text of a function and of those that it calls."""
    seen.add(name)
    below = set(re.findall(r"\bself\s*\.(\w+)\(", bodies[name])) & set(bodies)
    return bodies[name] + "".join(reached(other, bodies, seen) for other in sorted(below) if other not in seen)


def called_by(gates):
    """The operations that gates call through `shared/aws`, roles of other accounts included."""
    return {"sts:AssumeRole"} | called_through(source_of_gates(gates))


def called_elsewhere(gates):
    """Of these what is called where a plan says: with the role and in the region that it names."""
    text = (AWS / "src" / "clients.rs").read_text()
    placed = set(re.findall(r"\bfn (\w+)\(&self, place: &Place\) -> aws_sdk_", text))
    # A bus and a topic are called in the region that stands in their ARN, with the function's own role.
    placed = "|".join(sorted(placed - {"eventbridge", "sns"}))
    bodies = functions(source())
    text = source_of_gates(gates)
    used = set(re.findall(r"\baws\s*\.(\w+)\(", text)) & set(methods())
    there = {name for name in used if re.search(rf"\bself\s*\.(?:{placed})\(", reached(name, bodies, set()))}
    return set().union(*(methods()[name] for name in there))


def called_by_modules(*names):
    """The operations that a function calls which is some modules of the host, with what they call of the others."""
    modules = host()
    return set().union(*(called_through(source_of_module(name, modules)) for name in names))


def called_by_people():
    """The operations that the command calls, in the name of who runs it."""
    texts = [path.read_text() for path in sorted((ROOT / "cli" / "src").rglob("*.rs"))]
    return called_through("\n".join([*texts, *(source for module, source in host().items() if module in PEOPLES)]))


def called_through(text):
    """The operations that a text calls through `shared/aws`."""
    used = set(re.findall(r"\baws\s*\.(\w+)\(", text)) & set(methods())
    return set().union(*(methods()[name] for name in used))


# Where a policy and botocore call a service otherwise than the SDK's crate does.
IN_POLICIES = {"eventbridge": "events", "sfn": "states"}
IN_BOTOCORE = {"eventbridge": "events", "sfn": "stepfunctions"}
# Where a policy calls an operation otherwise than the API does.
ACTIONS = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    # Nothing is deleted but by its version.
    "s3:DeleteObject": "s3:DeleteObjectVersion",
}


def services():
    """The services whose SDK crates it uses."""
    return re.findall(r"^aws-sdk-(\w+)", (AWS / "Cargo.toml").read_text(), re.MULTILINE)


def action(service, operation):
    """What a policy calls an operation."""
    name = f"{IN_POLICIES.get(service, service)}:{operation}"
    return ACTIONS.get(name, name)


@cache
def operations():
    """All operations of these services, as actions of a policy, by the name of their method."""
    session = botocore.session.get_session()
    return {
        action(service, operation): xform_name(operation)
        for service in services()
        for operation in session.get_service_model(IN_BOTOCORE.get(service, service)).operation_names
    }


def called(text):
    """The operations that are called as methods of a client, as actions of a policy."""
    methods = set(re.findall(r"\.(\w+)\(\)", text))
    return {action for action, method in operations().items() if method in methods}


def named(text):
    """The operations that errors and hints name."""
    prefixes = "|".join(IN_POLICIES.get(service, service) for service in services())
    return set(re.findall(rf'"((?:{prefixes}):[A-Z]\w+)"', text))

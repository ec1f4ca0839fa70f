//! Codes about the shape of nodes: what may stand where.

super::codes! {
    UNKNOWN_NODE = "privlink::spec::unknown-node", "A node at the top of a spec is not one of the language.",
        "The nodes are project, include, variable, account, network, target, api, caller, workflow, expect, moved and ignore.",
        "netwrok \"hub\"", "network \"hub\"";
    UNKNOWN_CHILD = "privlink::spec::unknown-child", "A node stands where the language has no place for it.",
        "Each node may hold certain others only. Nothing is ignored silently, so that a typing mistake cannot pass for a setting.",
        "target \"orders\" network=\"app\" { prot 80 }", "target \"orders\" network=\"app\" { port 80 }";
    UNKNOWN_PROPERTY = "privlink::spec::unknown-property", "A node has no property of that name.",
        "Each node takes certain properties only. Some settings are properties (name=value), others nodes inside the braces.",
        "entry netwrok=\"hub\"", "entry network=\"hub\"";
    UNEXPECTED_ARGUMENT = "privlink::spec::unexpected-argument", "A node has an argument too many.",
        "Arguments are the values after a node's name that have no name of their own. Often a property's name is missing.",
        "network \"hub\" \"gateway\"", "network \"hub\" account=\"gateway\"";
    DUPLICATE_PROPERTY = "privlink::spec::duplicate-property", "A property is given twice.",
        "KDL would let the last one win. Both are shown; keep one.",
        "entry network=\"hub\" network=\"app\"", "entry network=\"hub\"";
    DUPLICATE_CHILD = "privlink::spec::duplicate-child", "A node that may stand once stands twice.",
        "Settings such as port or region have one value.",
        "target \"orders\" network=\"app\" { port 80; port 81 }", "target \"orders\" network=\"app\" { port 80 }";
    DUPLICATE_NAME = "privlink::spec::duplicate-name", "Two nodes of one kind have the same name.",
        "Names are how nodes refer to each other and how resources are told apart from plan to plan. Nodes of different kinds may share a name.",
        "network \"hub\" …   // twice", "network \"hub\" …\n    network \"hub-2\" …";
    DUPLICATE_VALUE = "privlink::spec::duplicate-value", "A list holds the same value twice.",
        "The second has no effect, so it is most likely meant to be another.",
        "address \"10.0.0.5\" \"10.0.0.5\"", "address \"10.0.0.5\" \"10.0.0.6\"";
    MISSING_ARGUMENT = "privlink::spec::missing-argument", "A node lacks the value that belongs after its name.",
        "Most nodes are followed by a name or a value.",
        "stage", "stage \"prod\"";
    MISSING_PROPERTY = "privlink::spec::missing-property", "A node lacks a property it cannot do without.",
        "The message names the property.",
        "account \"gateway\"", "account \"gateway\" id=\"222222222222\"";
    MISSING_CHILD = "privlink::spec::missing-child", "A node lacks a node inside it that it cannot do without.",
        "The message names it and shows how it is written.",
        "target \"orders\" network=\"app\" { load-balancer \"orders\" }", "target \"orders\" network=\"app\" { load-balancer \"orders\"; port 80 }";
    WRONG_TYPE = "privlink::spec::wrong-type", "A value is of the wrong type.",
        "Strings stand in quotes, numbers do not, flags are #true and #false. An account id is a string: a number would lose its leading zeros.",
        "account \"gateway\" id=222222222222", "account \"gateway\" id=\"222222222222\"";
    TYPE_ANNOTATION = "privlink::spec::type-annotation", "A type annotation stands in a spec.",
        "KDL allows (type) before nodes and values. Specs use none.",
        "port (u16)80", "port 80";
    EITHER_OR = "privlink::spec::either-or", "Two things are said that exclude each other, or neither.",
        "Some things can be said in several ways, of which exactly one is to be used: a role or a profile, an id or a name, can-call or cannot-call.",
        "vpc \"vpc-0a1b2c3d4e5f60718\" name=\"hub\"", "vpc name=\"hub\"";
    BAD_NAME = "privlink::spec::bad-name", "A name has characters that names cannot have.",
        "Names become part of resource addresses and of AWS names: 1 to 64 letters, digits, - and _, the first a letter or digit.",
        "network \"my hub\"", "network \"my-hub\"";
    NO_PROJECT = "privlink::spec::no-project", "The spec has no project.",
        "The project is what owns everything the spec makes; its name is put in a tag on each resource. A spec may hold nothing else, but not nothing at all.",
        "account \"gateway\" …", "project \"shop\" { region \"us-east-1\" }\n    account \"gateway\" …";
    TWO_PROJECTS = "privlink::spec::two-projects", "The spec has more than one project.",
        "One project owns what a spec makes. Files that are included need none.",
        "project \"shop\"\n    project \"store\"", "project \"shop\"";
    NOT_DERIVED_YET = "privlink::spec::not-derived-yet", "Something is understood, but nothing is made of it yet.",
        "The language is larger than what this version derives. What it cannot derive it refuses, rather than ignore it.",
        "route \"/\" target=\"orders\" { auth \"iam\" }", "route \"/\" target=\"orders\"";
}

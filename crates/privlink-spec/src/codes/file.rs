//! Codes about files, includes, variables and KDL itself.

super::codes! {
    FILE_MISSING = "privlink::spec::file-missing", "A file of the spec does not exist.",
        "A path given with -f, or named inside the spec, leads nowhere. Paths inside a spec are relative to the file they stand in.",
        "policy \"polcy.json\"", "policy \"policy.json\"";
    FILE_FOLDER = "privlink::spec::file-is-folder", "A folder stands where a file should.",
        "With -f a folder means the privlink.kdl in it; inside a spec a file must be named, or a pattern.",
        "include \"apis\"", "include \"apis/*.kdl\"";
    FILE_UNREADABLE = "privlink::spec::file-unreadable", "A file exists and cannot be read.",
        "The system refused to open or read the file; its own words are in the message. Most often permissions are missing.",
        "chmod 000 privlink.kdl", "chmod 644 privlink.kdl";
    FILE_NOT_TEXT = "privlink::spec::file-not-text", "A file is not UTF-8 text.",
        "Specs are UTF-8 text. The message names the first byte that is not, counted from 0; a NUL byte counts as binary.",
        "privlink.kdl saved as UTF-16", "privlink.kdl saved as UTF-8";
    FILE_TOO_LARGE = "privlink::spec::file-too-large", "A file has more than 4 MiB.",
        "A spec that large is nearly always a wrong path. A real one can be divided and included.",
        "-f backup.tar", "include \"apis/*.kdl\"";
    FILE_COUNT = "privlink::spec::file-count", "A spec has more than 10 000 files.",
        "An include pattern most likely matches more than was meant. Nothing further is read.",
        "include \"*/*/*\"", "include \"apis/*.kdl\"";
    INCLUDE_EMPTY = "privlink::spec::include-empty", "An include matches no file.",
        "A pattern that matches nothing is most often a typing mistake, and leaving a part out silently would delete what it made.",
        "include \"api/*.kdl\"", "include \"apis/*.kdl\"";
    INCLUDE_CYCLE = "privlink::spec::include-cycle", "Files include each other in a loop.",
        "Each file is read once, so a loop cannot mean anything. The message shows the files in it.",
        "include \"b.kdl\"   // and in b.kdl: include \"a.kdl\"", "include \"b.kdl\"   // and none in b.kdl";
    INCLUDE_PATTERN = "privlink::spec::include-pattern", "An include is no pattern for files.",
        "Patterns are relative to the file they stand in. * and ? stand for characters of one name; ** is not known.",
        "include \"/etc/privlink/**.kdl\"", "include \"apis/*.kdl\"";
    VARIABLE_UNDEFINED = "privlink::spec::variable-undefined", "A string uses a variable that is not declared.",
        "Variables are declared at the top of a spec. For the characters ${ themselves write $${.",
        "vpc name=\"hub-${evn}\"", "variable \"env\" default=\"test\"";
    VARIABLE_UNSET = "privlink::spec::variable-unset", "A variable has neither a value nor a default.",
        "A variable without a default must be given on each run.",
        "variable \"env\"", "variable \"env\" default=\"test\"   // or: --var env=test";
    VARIABLE_UNKNOWN = "privlink::spec::variable-unknown", "--var names a variable the spec does not declare.",
        "A value that goes nowhere is most often a typing mistake on the command line.",
        "--var evn=prod", "--var env=prod";
    VARIABLE_UNCLOSED = "privlink::spec::variable-unclosed", "A ${ in a string is never closed.",
        "${ begins the name of a variable. For the characters themselves write $${.",
        "vpc name=\"hub-${env\"", "vpc name=\"hub-${env}\"";
    SYNTAX = "privlink::spec::syntax", "The text is not KDL.",
        "Specs are written in KDL 2: a node is a name, then arguments and name=value properties, then children in braces. Strings may go without quotes when they are plain words; numbers with units need quotes.",
        "timeout 10s", "timeout \"10s\"";
    BARE_KEYWORD = "privlink::spec::bare-keyword", "A keyword has no # before it.",
        "KDL 2 writes #true, #false and #null. The bare words are KDL 1.",
        "route \"/\" target=\"orders\" exact=true", "route \"/\" target=\"orders\" exact=#true";
    UNCLOSED = "privlink::spec::unclosed", "A brace, string or comment has no other end.",
        "The message points at the end that is there. For braces it is the one whose partner, by indentation, is most likely missing. Nodes after it are read all the same.",
        "stage \"prod", "stage \"prod\"";
    TOO_DEEP = "privlink::spec::too-deep", "Nodes are nested more than 64 levels deep.",
        "No node of a spec needs more than four levels, so this is no spec.",
        "a { a { a { … } } }", "api \"shop\" … { entry … { allow-from \"10.0.0.0/8\" } }";
}

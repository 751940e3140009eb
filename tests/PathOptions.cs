namespace Portolan.Tests;

/// <summary>
/// Every option and argument of the command tree that takes a path, with a command line that opens it. <c>PathOptionTests</c> compares the
/// list with the tree; the end-to-end tests run each line as an ordinary user, with the program granted capabilities.
/// </summary>
internal static class PathOptions
{
    /// <summary>The command, the option or argument as the tree has it, and the words; <c>@</c> stands for the path.</summary>
    public static readonly (string Command, string Option, string Words)[] All =
    [
        ("agent", "--config", "agent --config @"),
        ("agent join", "FILE", "agent join @"),
        ("agent join", "--config", "agent join --config @ /dev/null"),
        ("agent leave", "--config", "agent leave --config @"),
        ("check", "--file", "check -f @"),
        ("check", "--fleet-config", "check 127.0.0.1:1 --vantage all --fleet-config @"),
        ("check", "--junit", "check 127.0.0.1:1 --timeout 1 --junit @"),
        ("check", "--store", "check 127.0.0.1:1 --timeout 1 --store=@"),
        ("diff", "A", "diff @ /dev/null"),
        ("diff", "B", "diff /dev/null @"),
        ("diff", "--store", "diff @now @now --store @"),
        ("diff", "--junit", "diff /dev/null /dev/null --ports 1 --targets 127.0.0.1 --junit @"),
        ("explain", "--rules", "explain 80 --rules @"),
        ("fleet agents", "--config", "fleet agents --config @"),
        ("fleet cancel", "--config", "fleet cancel 1 --config @"),
        ("fleet forget", "--config", "fleet forget 1 --config @"),
        ("fleet drain", "--config", "fleet drain a --config @"),
        ("fleet init", "--config", "fleet init --config @"),
        ("fleet invite", "--config", "fleet invite a --zone b --config @"),
        ("fleet jobs", "--config", "fleet jobs --config @"),
        ("fleet results", "--config", "fleet results 1 --config @"),
        ("fleet revoke", "--config", "fleet revoke a --config @"),
        ("fleet serve", "--config", "fleet serve --config @"),
        ("fleet status", "--config", "fleet status --config @"),
        ("fleet start", "--config", "fleet start 192.0.2.1 --config @"),
        ("forward", "--file", "forward -f @"),
        ("forward", "LISTEN TARGET", "forward unix:@ 127.0.0.1:9"),
        ("generate", "folder", "generate docs @"),
        ("history", "--store", "history --store @"),
        ("history host", "--store", "history host 192.0.2.1 --store @"),
        ("history at", "--store", "history at now 80 --store @"),
        ("history import", "files", "history import @"),
        ("history import", "--store", "history import /dev/null --ports 1 --targets 127.0.0.1 --taken now --store @"),
        ("history prune", "--store", "history prune --keep 90d --store @"),
        ("lab check", "LAB", "lab check @"),
        ("lab enter", "LAB", "lab enter @"),
        ("lab exec", "LAB", "lab exec @ host -- /bin/true"),
        ("lab run", "LAB", "lab run @ -- /bin/true"),
        ("lab run", "--pcap", "lab run scan-me --pcap @ -- /bin/true"),
        ("lab score", "LAB", "lab score @ /dev/null"),
        ("lab score", "RESULT", "lab score scan-me @"),
        ("lab show", "LAB", "lab show @"),
        ("lab truth", "LAB", "lab truth @"),
        ("portolan", "--store", "--store=@"),
        ("port", "--update", "port --update @"),
        ("serve", "--cert", "serve --listen 47998 --cert @ --key /dev/null"),
        ("serve", "--key", "serve --listen 47998 --cert /dev/null --key @"),
        ("serve", "--password-file", "serve --listen 47998 --password-file @"),
        ("serve", "--fleet-config", "serve --listen 47998 --fleet-config @"),
        ("traffic capture", "--output", "traffic capture -o @ --for 100ms"),
        ("scan", "--input-list", "scan -sL -n -iL @"),
        ("scan", "--excludefile", "scan -sL -n 127.0.0.1 --excludefile @"),
        ("scan", "--output-normal", "scan -sL -n 127.0.0.1 -oN @"),
        ("scan", "--output-xml", "scan -sL -n 127.0.0.1 -oX @"),
        ("scan", "--output-grepable", "scan -sL -n 127.0.0.1 -oG @"),
        ("scan", "--output-json", "scan -sL -n 127.0.0.1 -oJ @"),
        ("scan", "--output-all", "scan -sL -n 127.0.0.1 -oA @"),
        ("scan", "--journal", "scan -sT -n -p 1 127.0.0.1 --journal @"),
        ("scan", "--resume", "scan --resume @"),
        ("scan", "--from-xml", "scan --from-xml @"),
        ("scan", "--proxies-file", "scan -n -p 1 127.0.0.1 --proxies-file @"),
        ("scan", "--fleet-config", "scan --fleet 127.0.0.1 --fleet-config @"),
        ("scan", "--store", "scan -sT -n -Pn -p 1 127.0.0.1 --store=@"),
        ("scan", "--fingerprints", "scan -sT -sV -n -p 1 127.0.0.1 --fingerprints @"),
        ("watch", "--config", "watch --for 1ms --config @"),
        ("watch", "--store", "watch --for 1ms --store @"),
        ("watch check", "FILE", "watch check @"),
        ("watch test", "FILE", "watch test @ name"),
    ];

    /// <summary>Those that are named like a path but are opened by nobody.</summary>
    public static readonly (string Command, string Option, string Why)[] NeverOpened =
    [
        ("explain", "--include-path", "files below it are opened where rules include them, as the file of --rules is"),
        ("scan", "--stylesheet", "its text stands in the XML"),
    ];
}

using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Scanning;

/// <summary>
/// A target with known truth at 198.18.0.2: TCP 22, 80 and 8080 are open, 9999 drops, everything else is closed; UDP 5300 answers. The
/// program runs on the scanner at 198.18.0.1, which has no other way out.
/// </summary>
public sealed class ScanLab : IDisposable
{
    // Made by the first test: one that may not make it is skipped, while a fixture's constructor could only fail.
    private readonly Lazy<LabPair> _pair = new(Prepare);

    /// <summary>The target's address.</summary>
    public static string Target => "198.18.0.2";

    /// <summary>Runs <c>portolan scan</c> with the words of a line.</summary>
    internal RunResult Scan(string line) => Run([PortolanProgram.Path, "scan", .. Words(line)]);

    /// <summary>The same with something on stdin.</summary>
    internal RunResult Scan(string line, string input) => Run([PortolanProgram.Path, "scan", .. Words(line)], input);

    /// <summary>The same without any privilege.</summary>
    internal RunResult ScanAsNobody(string line) => Run(PortolanProgram.AsNobody(["scan", .. Words(line)]));

    /// <summary>The same with CAP_NET_RAW and nothing else.</summary>
    internal RunResult ScanWithRawCapability(string line) =>
        Run(PortolanProgram.AsNobody(["scan", .. Words(line)], "--inh-caps", "+net_raw", "--ambient-caps", "+net_raw"));

    /// <summary>Runs a line of shell; <c>$0</c> is the program.</summary>
    internal RunResult Shell(string script) => Run(["/bin/sh", "-c", script, PortolanProgram.Path]);

    /// <summary>Starts the program.</summary>
    internal RunningProgram Start(string line) =>
        _pair.Value.Scanner.Run(() => Programs.Start(PortolanProgram.Path, ["scan", .. Words(line)]));

    /// <summary>Runs it on a terminal.</summary>
    internal RunResult OnTerminal(string line, string keys)
    {
        var script = Programs.Find("script", "/usr/bin/script");
        return _pair.Value.Scanner.Run(() => Programs.Run(
            script, ["-q", "-e", "-c", $"'{PortolanProgram.Path}' scan {line}", "/dev/null"], keys,
            environment: new Dictionary<string, string?> { ["TERM"] = "xterm" }));
    }

    /// <summary>Runs a line of bash on a terminal.</summary>
    internal RunResult ShellOnTerminal(string line)
    {
        var script = Programs.Find("script", "/usr/bin/script");
        return _pair.Value.Scanner.Run(() => Programs.Run(
            script, ["-q", "-e", "-c", line, "/dev/null"], environment: new Dictionary<string, string?>
            {
                ["TERM"] = "xterm",
                ["SHELL"] = "/bin/bash",
            }));
    }

    public void Dispose()
    {
        if (_pair.IsValueCreated)
        {
            _pair.Value.Dispose();
        }
    }

    private static LabPair Prepare()
    {
        var pair = LabPair.Create();
        pair.Target.ListenTcp(22, 80, 8080);
        pair.Target.EchoUdp(5300);
        pair.Target.Nft(
            """
            table inet truth {
                chain input {
                    type filter hook input priority 0;
                    tcp dport 9999 drop
                }
            }
            """);

        // Nobody answers here, and the kernel need not ask who could.
        pair.Scanner.Ip("neighbour add 198.18.0.77 lladdr 02:00:00:00:00:77 dev scan0 nud permanent");
        pair.Scanner.Ip("link add down0 type veth peer name down1");
        return pair;
    }

    private RunResult Run(string[] command, string? input = null) =>
        _pair.Value.Scanner.Run(() => Programs.Run(command[0], command[1..], input));

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

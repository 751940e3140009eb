using System.Text;
using System.Text.Json;
using Portolan.Cli.Hosting;
using Portolan.Firewall.Acquire;
using Portolan.Firewall.Judging;
using Portolan.Kernel.Tests.Support;
using Portolan.Reachability.Explaining;
using Portolan.Reachability.Judging;
using Portolan.Sockets;
using Portolan.Sockets.Acquire;
using Portolan.Sockets.Owners;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Runs a command line of Portolan inside a host of the lab, in this process.</summary>
internal static class LabConsole
{
    /// <summary>Runs it.</summary>
    public static (int ExitCode, string Output, string Error) Run(LabHost host, params string[] words) =>
        Run(host, words, static () => SocketRefusalReader.Read(CancellationToken.None));

    private static (int ExitCode, string Output, string Error) Run(
        LabHost host, string[] words, Func<SocketRefusals> refusals) => host.Run(() =>
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        using var context = new CommandContext
        {
            Output = output,
            OpenError = () => error,
            OpenInput = static () => new StringReader(""),
            Machine = ThisMachine(refusals),
        };
        var exit = CommandRunner.Run(words, context);
        return (exit, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    });

    /// <summary>The machine that the calling thread's network namespace is.</summary>
    public static Portolan.Reachability.Composing.Machine ThisMachine(Func<SocketRefusals>? refusals = null)
    {
        var processes = new Lazy<ProcessReader>(static () => new ProcessReader());
        return new Portolan.Reachability.Composing.Machine
        {
            OpenSockets = static () => new KernelSocketSource(),
            OpenProcesses = () => processes.Value,
            OpenOwners = () => new OwnerFinder(processes.Value),
            OpenSettings = static () => Portolan.Linux.KernelSettings.Read(),
            OpenRules = static () => KernelRules.Read(CancellationToken.None),
            OpenHostFacts = static () => KernelFirewall.ReadHost(CancellationToken.None),
            ReadFirewallOf = KernelFirewall.ReadIn,
            MakeJudge = static (rules, facts) => new FlowJudge(rules, facts).Judge,
            OpenScratch = static () => Replay.ReplayProgram.Built,
            ReadNeighbours = static () => KernelFirewall.ReadNeighbours(CancellationToken.None),
            ReadRefusals = _ => refusals is null ? SocketRefusalReader.Read(CancellationToken.None) : refusals(),
            ReadCounters = static () => NetworkCounters.Parse(File.ReadAllBytes("/proc/thread-self/net/netstat")),
        };
    }

    /// <summary>Runs <c>explain … --json</c>.</summary>
    public static LabExplanation Explain(LabHost host, params string[] words) =>
        Explain(host, words, static () => SocketRefusalReader.Read(CancellationToken.None));

    /// <summary>The same where sockets refuse what is given.</summary>
    public static LabExplanation Explain(LabHost host, string[] words, Func<SocketRefusals> refusals)
    {
        var (exit, output, error) = Run(host, ["explain", .. words, "--json"], refusals);
        Assert.True(output.Length > 0, error);
        using var document = JsonDocument.Parse(output);
        var root = document.RootElement;
        var steps = root.GetProperty("steps").EnumerateArray().Select(s => (
            Layer: s.GetProperty("layer").GetString()!, Result: s.GetProperty("result").GetString()!,
            Detail: s.GetProperty("detail").GetString()!)).ToList();
        return new LabExplanation(
            exit,
            root.GetProperty("verdict").GetString()!,
            root.GetProperty("symptom").GetString(),
            string.Join(" ", steps.Where(s => s.Result == "fail").Select(s => s.Layer).Distinct()),
            root.GetProperty("headline").GetString()!,
            string.Join('\n', steps.Select(s => $"{s.Layer}: {s.Detail}")),
            [.. root.GetProperty("fix").EnumerateArray().Select(f => f.GetString()!)])
        {
            Check = root.GetProperty("check").GetString(),
            Limit = root.GetProperty("limit").GetString(),
            Footnotes = string.Join('\n', root.GetProperty("footnotes").EnumerateArray().Select(static f => f.GetString())),
            More = string.Join(
                '\n',
                root.GetProperty("steps").EnumerateArray().SelectMany(s => s.GetProperty("more").EnumerateArray()).Select(
                    m => m.GetString())),
        };
    }

    /// <summary>Pastes the fixes into a shell in the host, as they are printed. Root needs no sudo.</summary>
    public static void Paste(LabHost host, LabExplanation explanation)
    {
        Assert.NotEmpty(explanation.Fixes);
        var shown = explanation.Fixes.Select(f => TerminalText.Escape(f)).ToList();
        var (output, error, exit) = host.Execute(Tool.Find("bash"), $"sudo() {{ \"$@\"; }}\n{string.Join('\n', shown)}\n", "-e");
        Assert.True(exit == 0, $"{string.Join('\n', shown)}\n{output}{error}");
    }
}

/// <summary>What <c>explain</c> said.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Verdict">The verdict.</param>
/// <param name="Symptom">The symptom.</param>
/// <param name="Failed">The layers that fail.</param>
/// <param name="Headline">The answer in one sentence.</param>
/// <param name="Steps">The layers with their details, a line each.</param>
/// <param name="Fixes">The fixes.</param>
internal sealed record LabExplanation(
    int ExitCode, string Verdict, string? Symptom, string Failed, string Headline, string Steps, IReadOnlyList<string> Fixes)
{
    /// <summary>The command that checks the fix.</summary>
    public string? Check { get; init; }

    /// <summary>The limit within which the answer holds.</summary>
    public string? Limit { get; init; }

    /// <summary>The footnotes, a line each.</summary>
    public string Footnotes { get; init; } = "";

    /// <summary>Further lines of the layers.</summary>
    public string More { get; init; } = "";

    /// <summary>Fails with everything that was said when it is anything but reachable.</summary>
    public void AssertReachable() =>
        Assert.True(Verdict == "reachable", $"{Verdict}: {Headline}\n{Steps}\n{More}\n{string.Join('\n', Fixes)}");
}

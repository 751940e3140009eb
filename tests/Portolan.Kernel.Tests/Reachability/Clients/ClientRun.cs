using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Portolan.Kernel.Tests.Links;
using Portolan.Kernel.Tests.Support;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Composing;
using Portolan.Sockets.Chart;

namespace Portolan.Kernel.Tests.Reachability.Clients;

/// <summary>
/// Generated rules, each about one port, many ports at once: ordinary clients exchange data, and chart and explanation must have said so.
/// </summary>
internal sealed class ClientRun : IDisposable
{
    private const int FirstPort = 8000;

    // A chart of at least 64 rows judges alike ports once.
    private const int AtOnce = 66;
    private const int MaximumFailures = 5;
    private static readonly string[] Senders = ["198.18.0.1", "198.18.0.20", "198.18.0.33", "2001:db8::1", "2001:db8::33"];

    // An ICMPv6 error is acted on at the first retransmission of the SYN only, after a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.6);

    // The handshake's first packets get through, and no whole exchange.
    private const string Opens = "opens";
    private const string Done = "connects";

    private readonly LabPair _pair = LabPair.Create();
    private readonly LabHost _inside = new();

    public ClientRun()
    {
        foreach (var sender in Senders.Where(static s => s is not ("198.18.0.1" or "2001:db8::1")))
        {
            _pair.Scanner.Address("scan0", sender + (sender.Contains(':', StringComparison.Ordinal) ? "/64" : "/24"));
        }

        var (scanner, target) = (TestPackets.HardwareAddress(_pair.Scanner, "scan0"), TestPackets.HardwareAddress(_pair.Target, "eth0"));
        _pair.Scanner.Ip($"neigh replace 198.18.0.2 lladdr {target} dev scan0 nud permanent");
        _pair.Scanner.Ip($"neigh replace 2001:db8::2 lladdr {target} dev scan0 nud permanent");
        foreach (var sender in Senders)
        {
            // A permanent entry would be something that an answer depends on.
            _pair.Target.Ip($"neigh replace {sender} lladdr {scanner} dev eth0 nud reachable");
        }

        _pair.Target.Ip("route add default via 198.18.0.1");
        _pair.Target.Ip("-6 route add default via 2001:db8::1");
        foreach (var limit in (string[])["ipv4/icmp_ratelimit", "ipv6/icmp/ratelimit"])
        {
            _pair.Target.Setting($"net/{limit}", "0");
        }

        _pair.Target.ServeTcp([ClientRules.TargetPort, .. Enumerable.Range(FirstPort, AtOnce)]);
        _pair.Target.ServeTransparently(ClientRules.ProxyPort);
        LabHost.Connect(_pair.Target, "in0", _inside, "eth0");
        _pair.Target.Address("in0", "192.0.2.1/24");
        _pair.Target.Address("in0", "2001:db8:2::1/64");
        _inside.Address("eth0", ClientRules.Inside + "/24");
        _inside.Address("eth0", ClientRules.InsideIPv6 + "/64");
        _inside.Ip("route add default via 192.0.2.1");
        _inside.Ip("-6 route add default via 2001:db8:2::1");
        _pair.Target.Setting("net/ipv4/ip_forward", "1");
        _pair.Target.Setting("net/ipv6/conf/all/forwarding", "1");
        _inside.ServeTcp(ClientRules.TargetPort);
        _inside.Inhabit();
    }

    public int Rulesets { get; private set; }

    /// <summary>Lists of <c>recent</c> that were filled.</summary>
    public int Lists { get; private set; }

    public int Decided { get; private set; }

    public int Undecided { get; private set; }

    public int Works { get; private set; }

    /// <summary>Rules with a wrong verdict, each made small.</summary>
    public List<string> Failures { get; } = [];

    public string Summary =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Rulesets} rulesets, {Lists} lists of senders seen, {Decided + Undecided} clients, {Works} connect, {Decided} decided, {Failures.Count} judged wrong");

    /// <summary>Runs the rules of these seeds.</summary>
    public void Run(IReadOnlyList<int> seeds)
    {
        for (var at = 0; at < seeds.Count && Failures.Count < MaximumFailures; at += AtOnce)
        {
            var drafts = seeds.Skip(at).Take(AtOnce).Select(ClientRules.Make).ToArray();
            foreach (var (draft, _) in Wrong(drafts, isCounted: true))
            {
                // Alone, and once more.
                if (Failures.Count < MaximumFailures && Wrong([draft], isCounted: false) is [var still])
                {
                    Failures.Add(Smallest(still.Draft, still.Text));
                }
            }

            Rulesets += drafts.Length;
        }
    }

    private string Smallest(ClientRules draft, string text)
    {
        for (var isSmaller = true; isSmaller;)
        {
            isSmaller = false;
            foreach (var next in draft.Smaller())
            {
                if (next.Rules.Count > 0 && Wrong([next], isCounted: false) is [var still])
                {
                    (draft, text, isSmaller) = (next, still.Text, true);
                    break;
                }
            }
        }

        return $"{draft}  {text}\n";
    }

    private List<(ClientRules Draft, string Text)> Wrong(ClientRules[] drafts, bool isCounted)
    {
        var ports = drafts.Select(static (d, i) => (Port: FirstPort + i, Rules: d)).ToArray();
        _pair.Target.Nft("flush ruleset\n" + ClientRules.Table(ports));
        try
        {
            LoadIptables(ports);
            using var chart = JsonDocument.Parse(LabConsole.Run(_pair.Target, "--json").Output);
            var rows = chart.RootElement.GetProperty("ports").EnumerateArray().ToDictionary(static r => r.GetProperty("port").GetInt32());
            if (isCounted)
            {
                Failures.AddRange(Disagreements());
            }

            var said = ports.SelectMany(
                p => p.Rules.Askers(Senders).Select(
                    s => (p.Port, Sender: s, Told: LabConsole.Explain(_pair.Target, $"{p.Port}", "--from", s)))).ToList();
            var seen = Task.WhenAll(said.Select(c => Exchange(c.Sender, c.Port))).GetAwaiter().GetResult();
            var wrong = new List<(ClientRules, string)>();
            for (var i = 0; i < said.Count; i++)
            {
                var (port, sender, told) = said[i];
                var row = rows[port];
                if (isCounted)
                {
                    Works += seen[i] == Done ? 1 : 0;
                    Decided += told.Verdict is "reachable" or "unreachable" ? 1 : 0;
                    Undecided += told.Verdict is "reachable" or "unreachable" ? 0 : 1;
                }

                var draft = drafts[port - FirstPort];
                if (Difference(told, row.GetProperty("verdict"), sender, seen[i]) is { } difference
                    && !wrong.Exists(w => ReferenceEquals(w.Item1, draft)))
                {
                    wrong.Add(
                        (draft,
                            $"{sender} to {port}: {seen[i]}; {difference}\n  {told.Headline}\n  {row.GetProperty("verdict").GetRawText()}"));
                }
            }

            return wrong;
        }
        finally
        {
            _pair.Target.Nft("flush ruleset");
            _pair.Target.Tool("iptables-legacy-restore", "*filter\nCOMMIT\n");
        }
    }

    // A chart of many ports judges those that are alike once, and one that is read again keeps verdicts: each port judged by itself, anew,
    // must come to the same.
    private List<string> Disagreements() => _pair.Target.Run(() =>
    {
        var machine = LabConsole.ThisMachine();
        var stop = TestContext.Current.CancellationToken;
        using var chart = MachineChart.Read(machine, new ChartScope { JudgeTime = null }, stop);
        var alone = chart.Rows.Rows.Select(r => Verdict(chart.Judge.JudgeOne(r, stop))).Order(StringComparer.Ordinal).ToList();
        var wrong = new List<string>();
        Compare("judged with others", chart.Judge.Judge(chart.Rows, stop));
        var memory = new VerdictMemory();
        foreach (var time in (string[])["judged for the memory", "judged with a memory"])
        {
            using var again = MachineChart.Read(machine, new ChartScope { JudgeTime = null, Memory = memory }, stop);
            Compare(time, again.Judge.Judge(again.Rows, stop));
        }

        return wrong;

        void Compare(string how, ChartModel judged)
        {
            var ports = chart.Rows.Rows.Select(static r => (r.Port, r.Protocol)).ToHashSet();
            var verdicts = judged.Rows.Where(r => ports.Contains((r.Port, r.Protocol))).Select(Verdict).Order(StringComparer.Ordinal);
            wrong.AddRange(
                verdicts.Zip(alone).Where(static p => p.First != p.Second).Select(p => $"{how}: {p.First}\n  alone: {p.Second}"));
        }
    });

    private static string Verdict(ChartRow row) =>
        $"{row.Port}/{row.Protocol} {row.Exposure} {JsonSerializer.Serialize(row.Verdict)}";

    private void LoadIptables((int Port, ClientRules Rules)[] ports)
    {
        foreach (var isLegacy in (bool[])[false, true])
        {
            if (Array.Exists(ports, p => p.Rules.HasIptables && p.Rules.IsLegacy == isLegacy))
            {
                _pair.Target.Tool(isLegacy ? "iptables-legacy-restore" : "iptables-nft-restore", ClientRules.Restored(ports, isLegacy));
            }
        }

        var lines = new StringBuilder();
        foreach (var (port, rules) in ports.Where(static p => p.Rules.HasIptables))
        {
            foreach (var (sender, times) in rules.Seen)
            {
                Lists += rules.Rules.Any(static r => r.Text.Contains("--rcheck", StringComparison.Ordinal)) ? 1 : 0;
                lines.Append(
                    CultureInfo.InvariantCulture,
                    $"l=/proc/net/xt_recent/{ClientRules.ListOf(port)}; if [ -e $l ]; then for i in $(seq {times}); do echo +{sender} >$l; done; fi\n");
            }
        }

        var (_, error, exit) = _pair.Target.Execute("/bin/sh", $"set -e\n{lines}");
        Assert.True(exit == 0, error);
    }

    private static string? Difference(LabExplanation told, JsonElement verdict, string sender, string seen)
    {
        var works = seen == Done;
        if (told.Verdict == "reachable" && !works)
        {
            return "explain says that it is reachable";
        }

        if (told.Verdict == "unreachable" && works)
        {
            return "explain says that it is unreachable";
        }

        // A reject of what comes after the handshake may arrive before the client knows that it connected.
        if (told.Verdict == "unreachable" && told.Symptom is { } symptom && symptom != (seen == Opens ? "connects" : seen)
            && !(symptom == "connects" && (seen is "refused" or "unreachable")))
        {
            return $"explain says: {symptom}";
        }

        var isIn = Has(verdict, "from", sender);
        if (isIn && !works)
        {
            return "the chart says that this sender gets in";
        }

        return works && !isIn && !Has(verdict, "partly", sender) && !Has(verdict, "undecided", sender)
            && verdict.GetProperty("decision").GetString() != "unknown"
            ? "the chart does not name this sender"
            : null;
    }

    private static bool Has(JsonElement verdict, string list, string sender)
    {
        foreach (var prefix in verdict.GetProperty(list).EnumerateArray())
        {
            if (IPNetwork.Parse(prefix.GetString()!).Contains(IPAddress.Parse(sender)))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<string> Exchange(string sender, int port)
    {
        var target = sender.Contains(':', StringComparison.Ordinal) ? "2001:db8::2" : "198.18.0.2";
        var seen = await Attempt.Exchange(_pair.Scanner, target, port, sender, Patience, TestContext.Current.CancellationToken);
        return seen switch
        {
            "exchanged" => Done,
            "connects" => Opens,
            _ => seen,
        };
    }

    public void Dispose()
    {
        _pair.Dispose();
        _inside.Dispose();
    }
}

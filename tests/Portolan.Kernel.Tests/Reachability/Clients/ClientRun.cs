using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Portolan.Kernel.Tests.Links;
using Portolan.Kernel.Tests.Support;
using Portolan.Packets;
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
    private static readonly string[] Senders =
        ["198.18.0.1", "198.18.0.20", "198.18.0.33", "198.18.0.129", "2001:db8::1", "2001:db8::33", "2001:db8::101"];

    // Replies to the first leave by another link, those to the second go to a hardware address that nothing has.
    private static readonly string[] Misled = ["198.18.0.77", "198.18.0.93"];

    // Two addresses of each family; the last failed duplicate address detection.
    private static readonly string[] Servers = ["198.18.0.2", "198.18.0.3", "2001:db8::2", "2001:db8::3", Duplicate];
    private const string Duplicate = "2001:db8::d";

    // An ICMPv6 error is acted on at the first retransmission of the SYN only, after a second.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.6);

    // The handshake's first packets get through, and no whole exchange.
    private const string Opens = "opens";
    private const string Done = "connects";

    private readonly LabPair _pair = LabPair.Create();
    private readonly LabHost _inside = new();
    private readonly ClientSockets _sockets;

    public ClientRun()
    {
        foreach (var sender in Senders.Concat(Misled).Where(static s => s is not ("198.18.0.1" or "2001:db8::1")))
        {
            _pair.Scanner.Address("scan0", WithLength(sender));
        }

        var (scanner, target) = (TestPackets.HardwareAddress(_pair.Scanner, "scan0"), TestPackets.HardwareAddress(_pair.Target, "eth0"));
        AddServers(target);
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

        _pair.Target.ServeTcp(ClientRules.TargetPort);
        _sockets = new ClientSockets(_pair.Target, Enumerable.Range(FirstPort, AtOnce));
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
        _pair.Target.Ip($"route add {Misled[0]}/32 dev in0");
        _pair.Target.Ip($"neigh replace {Misled[1]} lladdr 02:00:00:00:00:99 dev eth0 nud permanent");
        AssertWorks();
    }

    private static string WithLength(string address) => address + (address.Contains(':', StringComparison.Ordinal) ? "/64" : "/24");

    private void AddServers(MacAddress hardware)
    {
        _pair.Target.Setting("net/ipv6/conf/eth0/accept_dad", "1");
        _pair.Scanner.Address("scan0", WithLength(Duplicate));
        foreach (var server in Servers.Where(static s => s is not ("198.18.0.2" or "2001:db8::2")))
        {
            var options = server is "2001:db8::3" ? "nodad valid_lft forever preferred_lft 0" : "";
            _pair.Target.Ip($"address add {WithLength(server)} dev eth0 {options}");
        }

        Assert.True(SpinWait.SpinUntil(
            () => _pair.Target.Tool("ip", null, "-6", "address", "show", "dev", "eth0", "dadfailed").Contains(
                Duplicate, StringComparison.Ordinal),
            TimeSpan.FromSeconds(20)));
        _pair.Scanner.Ip($"address del {WithLength(Duplicate)} dev scan0");

        // The kernel answers no solicitation of a duplicate address, which an entry would hide where its packets are translated.
        foreach (var server in Servers.Where(static s => s != Duplicate))
        {
            _pair.Scanner.Ip($"neigh replace {server} lladdr {hardware} dev scan0 nud permanent");
        }
    }

    // Without rules everybody exchanges data, or what is seen later says nothing about rules.
    private void AssertWorks()
    {
        var asked = Questions(ClientRules.Plain).Concat(Questions(ClientRules.Plain with { IsUdp = true }))
            .Where(static q => !q.IsOdd).ToList();
        var seen = Task.WhenAll(asked.Select(Exchange)).GetAwaiter().GetResult();
        Assert.All(asked.Zip(seen), static a => Assert.True(a.Second == Done, $"without rules {a.First}: {a.Second}"));
    }

    private static IEnumerable<Question> Questions(ClientRules draft, int port = FirstPort)
    {
        // What one sender uses up would be missing to the others: then one alone comes.
        if (draft.IsOfOneSender)
        {
            var one = Senders[(int)((uint)draft.Seed % Senders.Length)];
            return [new Question(port, draft.IsUdp, one, Array.Find(Servers, s => IsOf(s, one))!)];
        }

        // The reply to a datagram leaves from the address that routing chooses: the first of IPv4, and none of IPv6 that is deprecated.
        return Servers.SelectMany(
            to => Senders.Concat(Misled).Where(s => IsOf(s, to)).Select(from => new Question(port, draft.IsUdp, from, to)))
            .Where(q => !q.IsUdp || q.To is "198.18.0.2" or "2001:db8::2");
    }

    private static bool IsOf(string address, string other) =>
        address.Contains(':', StringComparison.Ordinal) == other.Contains(':', StringComparison.Ordinal);

    /// <summary>Who is to reach which address.</summary>
    private sealed record Question(int Port, bool IsUdp, string From, string To)
    {
        /// <summary>Whether an address or link is at fault, which no rule is about.</summary>
        public bool IsOdd => To == Duplicate || Misled.Contains(From);

        public string[] Words() =>
        [
            $"{(To.Contains(':', StringComparison.Ordinal) ? $"[{To}]" : To)}:{Port}{(IsUdp ? "/udp" : "")}", "--from", From,
        ];
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
            $"{Rulesets} rulesets, {Lists} lists of senders seen, {Decided + Undecided} clients, {Works} connect, {Decided} decided, "
                + $"{Failures.Count} judged wrong");

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
            foreach (var (port, draft) in ports.Where(static p => p.Rules.Refusal is not null))
            {
                _sockets.Replace(port, draft.IsUdp, draft.Refusal);
            }

            using var chart = JsonDocument.Parse(LabConsole.Run(_pair.Target, "--json").Output);
            var rows = chart.RootElement.GetProperty("ports").EnumerateArray().ToDictionary(
                static r => (r.GetProperty("port").GetInt32(), r.GetProperty("protocol").GetString() == "udp"));
            var said = ports.SelectMany(static p => Questions(p.Rules, p.Port))
                .Select(q => (Asked: q, Told: LabConsole.Explain(_pair.Target, q.Words()))).ToList();
            var seen = Task.WhenAll(said.Select(c => Exchange(c.Asked))).GetAwaiter().GetResult();
            var wrong = new List<(ClientRules, string)>();
            for (var i = 0; i < said.Count; i++)
            {
                var (asked, told) = said[i];
                var row = rows[(asked.Port, asked.IsUdp)].GetProperty("verdict");
                if (isCounted)
                {
                    Works += seen[i] == Done ? 1 : 0;
                    Decided += told.Verdict is "reachable" or "unreachable" ? 1 : 0;
                    Undecided += told.Verdict is "reachable" or "unreachable" ? 0 : 1;
                }

                var draft = drafts[asked.Port - FirstPort];
                if ((Difference(asked, told, seen[i]) ?? (asked.IsOdd ? null : Difference(asked, row, seen[i]))) is { } difference
                    && !wrong.Exists(w => ReferenceEquals(w.Item1, draft)))
                {
                    wrong.Add((draft, $"{asked}: {seen[i]}; {difference}\n  {told.Headline}\n  {row.GetRawText()}"));
                }
            }

            if (isCounted)
            {
                // Rules about the time are judged for every moment of a week: here they would take most of the run.
                _pair.Target.Nft("flush ruleset\n" + ClientRules.Table([.. ports.Where(static p => !p.Rules.AsksForTime)]));
                Failures.AddRange(Disagreements(null));
                _pair.Target.Nft("flush ruleset\n" + ClientRules.Table([.. ports.Where(static p => p.Rules.IsRemembered)]));
                Failures.AddRange(Disagreements(new VerdictMemory()));
            }

            return wrong;
        }
        finally
        {
            foreach (var (port, draft) in ports.Where(static p => p.Rules.Refusal is not null))
            {
                _sockets.Replace(port, draft.IsUdp, refusal: null);
            }

            _pair.Target.Nft("flush ruleset");
            _pair.Target.Tool("iptables-legacy-restore", "*filter\nCOMMIT\n");
        }
    }

    // A chart of many ports judges those that are alike once, and one that is read again keeps verdicts: each port judged by itself, anew,
    // must come to the same.
    private List<string> Disagreements(VerdictMemory? memory) => _pair.Target.Run(() =>
    {
        var machine = LabConsole.ThisMachine();
        var stop = TestContext.Current.CancellationToken;
        using var chart = MachineChart.Read(machine, new ChartScope { JudgeTime = null }, stop);
        var alone = chart.Rows.Rows.Select(r => Verdict(chart.Judge.JudgeOne(r, stop))).Order(StringComparer.Ordinal).ToList();
        var wrong = new List<string>();
        Compare("judged with others", chart.Judge.Judge(chart.Rows, stop));
        foreach (var time in (string[])(memory is null ? [] : ["judged for the memory", "judged with a memory"]))
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
                    $"l=/proc/net/xt_recent/{ClientRules.ListOf(port)}; if [ -e $l ]; then for i in $(seq {times}); do echo "
                        + $"+{sender} >$l; done; fi\n");
            }
        }

        var (_, error, exit) = _pair.Target.Execute("/bin/sh", $"set -e\n{lines}");
        Assert.True(exit == 0, error);
    }

    private static string? Difference(Question asked, LabExplanation told, string seen)
    {
        var works = seen == Done;
        if (told.Verdict == "reachable" && !works)
        {
            return "explain says that it is reachable";
        }

        // A datagram and its answer are an exchange.
        if (told.Verdict == "unreachable" && (works || (asked.IsUdp && seen == Opens)))
        {
            return "explain says that it is unreachable";
        }

        // A reject of what comes after the handshake may arrive before the client knows that it connected.
        return !asked.IsOdd && told.Verdict == "unreachable" && told.Symptom is { } symptom
            && symptom != (seen == Opens ? "connects" : seen) && !(symptom == "connects" && (seen is "refused" or "unreachable"))
            ? $"explain says: {symptom}"
            : null;
    }

    private static string? Difference(Question asked, JsonElement verdict, string seen)
    {
        var isIn = Has(verdict, "from", asked.From);
        if (isIn && seen != Done)
        {
            return "the chart says that this sender gets in";
        }

        return seen == Done && !isIn && !Has(verdict, "partly", asked.From) && !Has(verdict, "undecided", asked.From)
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

    private async Task<string> Exchange(Question asked)
    {
        var stop = TestContext.Current.CancellationToken;
        var seen = await (asked.IsUdp
            ? Attempt.Converse(_pair.Scanner, asked.To, asked.Port, asked.From, Patience, stop)
            : Attempt.Exchange(_pair.Scanner, asked.To, asked.Port, asked.From, Patience, stop));
        return seen switch
        {
            "exchanged" => Done,
            "connects" => Opens,
            _ => seen,
        };
    }

    public void Dispose()
    {
        _sockets.Dispose();
        _pair.Dispose();
        _inside.Dispose();
    }
}

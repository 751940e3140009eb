using System.Globalization;
using Portolan.Kernel.Tests.Firewall.Generation;

namespace Portolan.Kernel.Tests.Reachability.Clients;

/// <summary>
/// Rules about one port, made of a seed: of the shapes that tell ordinary clients from others, and of those that are about all of them.
/// </summary>
internal sealed record ClientRules(int Seed, bool IsPublished, IReadOnlyList<(string Hook, string Text)> Rules)
{
    /// <summary>
    /// Where a published port is sent on to: another port of the same host, or of the host behind, where a program listens.
    /// </summary>
    public const int TargetPort = 7900;

    /// <summary>Where a transparent proxy listens.</summary>
    public const int ProxyPort = 7901;

    /// <summary>The host behind.</summary>
    public const string Inside = "192.0.2.2";

    /// <inheritdoc cref="Inside"/>
    public const string InsideIPv6 = "2001:db8:2::2";

    // The hook of rules that iptables loads.
    private const string Iptables = "iptables";
    private const int IptablesSeeds = 1_000_000_000;
    private const int ExchangeSeeds = 500_000_000;
    private const int MarkSeeds = 250_000_000;
    private const int SocketSeeds = 125_000_000;
    private const int DatagramSeeds = 62_500_000;

    private static readonly string[] KeyedSenders =
        ["198.18.0.0/28", "198.18.0.33/32", "198.18.0.0/24", "2001:db8::/124", "2001:db8::33/128"];

    // What rules about datagrams cannot have.
    private static readonly string[] OfTcp = ["tcp option", "tcp flags", "tcp reset"];

    private const string ListName = "LIST";
    private const string Mask = "MASK";

    /// <summary>Senders whom the port's list of <c>recent</c> has seen, and how often.</summary>
    public IReadOnlyList<(string Sender, int Times)> Seen { get; init; } = [];

    /// <summary>Whether some rules are those of iptables.</summary>
    public bool HasIptables => Rules.Any(static r => r.Hook == Iptables);

    /// <summary>Whether a legacy table has them.</summary>
    public bool IsLegacy => Seed % 2 == 1;

    /// <summary>Whether the port is published from the host behind: then the rules about its packets stand at forward.</summary>
    public bool IsForwarded => IsPublished && Seed % 2 == 0;

    /// <summary>No rules.</summary>
    public static ClientRules Plain { get; } = new(0, false, []);

    /// <summary>Whether a chart that is read again keeps verdicts of rules like these.</summary>
    public bool IsRemembered => !IsProxied && !AsksForTime && !Rules.Any(static r => r.Text.Contains("quota", StringComparison.Ordinal));

    /// <summary>Whether rules ask for the hour or the day.</summary>
    public bool AsksForTime => Rules.Any(static r => r.Text.Contains("meta hour", StringComparison.Ordinal)
        || r.Text.Contains("meta day", StringComparison.Ordinal));

    /// <summary>Makes them.</summary>
    public static ClientRules Make(int seed)
    {
        var dice = new Dice(seed);
        var count = dice.Between(1, 4);
        var rules = new List<(string, string)>();
        for (var i = 0; i < count; i++)
        {
            var hook = dice.Weighted((60, () => "input"), (22, () => "output"), (18, () => "early"));
            var (sender, match) = (Sender(dice, hook), Match(dice, hook));
            match = sender.StartsWith("ip6", StringComparison.Ordinal)
                ? match.Replace("ip ttl", "ip6 hoplimit", StringComparison.Ordinal).Replace("ip dscp", "ip6 dscp", StringComparison.Ordinal)
                : sender.Length > 0 ? match.Replace("ip6 hoplimit", "ip ttl", StringComparison.Ordinal) : match;
            rules.Add((hook, $"{sender}{match}{Verdict(dice, hook)}"));
        }

        if (dice.Percent(25))
        {
            rules.Add(("input", dice.Of("drop", "reject", "reject with tcp reset")));
        }

        if (dice.Percent(15))
        {
            // What becomes of the errors that rejects make; the port is that of the connection they belong to.
            rules.Add(
                ("errors",
                    dice.Of(
                        "ct protocol tcp drop", "ct protocol { icmp, icmpv6 } drop", "ct state related drop", "ct state invalid drop",
                        "ct direction reply drop", "ct direction original drop")));
        }

        var made = new ClientRules(seed, dice.Percent(20), rules);
        return (made.IsPublished ? made : made.WithIptables(new Dice(seed + IptablesSeeds)))
            .WithExchange(new Dice(seed + ExchangeSeeds))
            .WithMarks(new Dice(seed + MarkSeeds))
            .WithSocket(new Dice(seed + SocketSeeds))
            .WithDatagrams(new Dice(seed + DatagramSeeds));
    }

    // Marks that one rule sets and another asks for, in the same hook or another; and hop limits, those that no ordinary client sends too.
    private ClientRules WithMarks(Dice dice)
    {
        if (!dice.Percent(40))
        {
            return this;
        }

        if (dice.Percent(35))
        {
            var at = dice.Of("early", "input", "output");
            var field = dice.Of("ip ttl", "ip6 hoplimit");
            var limit = dice.Of("255", "!= 255", "> 200", "64", ">= 64", "< 64", "128-255");
            return this with { Rules = [(at, $"{field} {limit} {Verdict(dice, at)}"), .. Rules] };
        }

        var condition = Sender(dice, "early")
            + dice.Of("", "", "tcp sport >= 1024 ", "ct state new ", "ip ttl 255 ", "meta length < 100 ");
        if (condition.Contains("ip6", StringComparison.Ordinal))
        {
            condition = condition.Replace("ip ttl", "ip6 hoplimit", StringComparison.Ordinal);
        }

        var (set, ask, hook) = dice.Next(6) switch
        {
            0 => ("meta mark set 0x1", $"meta mark {dice.Of("", "!= ")}0x1", "early"),
            1 => ("meta mark set 0x1", $"meta mark {dice.Of("", "!= ")}0x1", "input"),
            2 => ("meta mark set meta mark or 0x4", $"meta mark and 0x4 {dice.Of("==", "!=")} 0x4", dice.Of("early", "input")),
            3 => ("ct mark set 0x2", $"ct mark {dice.Of("", "!= ")}0x2", dice.Of("early", "input", "output")),
            4 => ("meta mark set 0x1 ct mark set meta mark", $"ct mark {dice.Of("0x0", "0x1")}", dice.Of("input", "output")),
            _ => ("ct mark set 0x3 meta mark set ct mark", $"meta mark {dice.Of("0x3", "0x0-0x2")}", dice.Of("early", "input")),
        };
        return this with { Rules = [("early", condition + set), (hook, $"{ask} {Verdict(dice, hook)}"), .. Rules] };
    }

    // What the socket refuses by itself.
    private ClientRules WithSocket(Dice dice) => !dice.Percent(25)
        ? this
        : this with
        {
            Refusal = dice.Next(100) switch
            {
                < 40 => new ClientRefusal { MinimumTtl = dice.Of(32, 65, 100, 129, 255) },
                < 75 => new ClientRefusal { KeyedSenders = dice.Of(KeyedSenders) },
                _ => new ClientRefusal { Filter = dice.Of(ClientFilter.Drop, ClientFilter.Keep, ClientFilter.BySourcePort) },
            },
        };

    private ClientRules WithDatagrams(Dice dice) => IsPublished || IsProxied || HasIptables || !dice.Percent(20)
        ? this
        : this with
        {
            IsUdp = true,
            Rules =
            [
                .. Rules.Where(static r => !Array.Exists(OfTcp, r.Text.Contains))
                    .Select(static r => (r.Hook, r.Text.Replace("tcp", "udp", StringComparison.Ordinal))),
            ],
        };

    /// <summary>What the socket of the port refuses by itself; <c>null</c> for nothing.</summary>
    public ClientRefusal? Refusal { get; private init; }

    /// <summary>Whether the port is one of UDP.</summary>
    public bool IsUdp { get; init; }

    /// <summary>The protocol, as nft writes it.</summary>
    public string Protocol => IsUdp ? "udp" : "tcp";

    // Rules about what follows on the first packets: limits near what an exchange needs, and packets that are stopped later.
    private ClientRules WithExchange(Dice dice)
    {
        if (!dice.Percent(45))
        {
            return this;
        }

        var hook = dice.Weighted((70, () => "input"), (30, () => "output"));
        string[] rules = dice.Weighted(
            (30, () => $"limit rate 3/minute burst {dice.Between(1, 20)} packets accept|drop"),
            (14, () => $"ct state established accept|limit rate 3/minute burst {dice.Between(1, 3)} packets accept|drop"),
            (14, () => $"limit rate over 3/minute burst {dice.Between(1, 20)} packets drop"),
            (8, () => $"limit rate {dice.Of("", "over ")}10 bytes/second burst {dice.Of(30, 200, 1000, 5000, 60000)} bytes drop"),
            (8, () => $"quota {dice.Of("", "over ")}{dice.Of(100, 400, 1500, 4000, 50000)} bytes drop"),
            (8, () => $"ct state established tcp flags & psh == psh {dice.Of("drop", "reject with tcp reset")}"),
            (6, () => $"tcp flags & fin == fin {dice.Of("drop", "reject with tcp reset")}"),
            (6, () => $"ct packets > {dice.Between(1, 30)} drop"),
            (6, () => $"ct {dice.Of("original", "reply")} packets > {dice.Between(1, 12)} drop")).Split('|');
        var made = this with
        {
            Rules = [.. rules.Select(text => (hook, text)), .. Rules],
            IsOfOneSender = Array.Exists(
                rules, static r => r.Contains("limit", StringComparison.Ordinal) || r.Contains("quota", StringComparison.Ordinal)),
        };
        return made.IsPublished || made.HasIptables ? made : made with { IsProxied = dice.Percent(25) };
    }

    /// <summary>
    /// Whether what one client uses up would be missing to the others: then one alone comes. A list of <c>recent</c> is another one after
    /// <c>--remove</c>.
    /// </summary>
    public bool IsOfOneSender
    {
        get => field || Rules.Any(static r => r.Text.Contains("--remove", StringComparison.Ordinal));
        private init;
    }

    /// <summary>Whether a transparent proxy gets the packets.</summary>
    public bool IsProxied { get; private init; }

    // A generator of its own: rules of a seed that were found once stay the same.
    private ClientRules WithIptables(Dice dice)
    {
        if (!dice.Percent(30))
        {
            return this;
        }

        var rules = Enumerable.Range(0, dice.Between(1, 3))
            .Select(_ => (Iptables, $"{IptablesMatch(dice)} -j {dice.Of("DROP", "DROP", "ACCEPT", "REJECT")}")).ToList();
        return this with
        {
            Rules = [.. Rules, .. rules],
            Seen = [.. dice.Of<string[]>(
                ["198.18.0.1"], ["198.18.0.20", "198.18.0.33"], ["198.18.0.77"], ["198.18.0.129", "198.18.0.20"], []).Select(
                    sender => (sender, dice.Of(1, 18)))],
        };
    }

    // What connecting adds must not come near a number that a rule names: it reads lists that it does not fill, or is far from full.
    private static string IptablesMatch(Dice dice) => dice.Weighted(
        (25, () => $"-m quota {dice.Of("", "", "! ")}--quota {dice.Of("0", "10", "100000000")}"),
        (45,
            () => $"-m recent {dice.Of("", "! ")}--rcheck{dice.Of("", " --seconds 600", " --seconds 600 --hitcount 10", " --hitcount 10")} "
                + $"--mask {Mask} --name {ListName}"),
        (8, () => $"-m recent --remove --mask {Mask} --name {ListName}"),
        (10, () => $"-m recent --update --seconds 600 --hitcount 18 --name {ListName}-u"),
        (12, () => $"-m recent --set --mask {dice.Of("255.255.255.0", "255.255.255.255")} --name {ListName}-s"));

    /// <summary>The rules of iptables as iptables-restore reads them; of each port either through nftables or as a legacy table.</summary>
    public static string Restored(IReadOnlyList<(int Port, ClientRules Rules)> all, bool isLegacy)
    {
        var text = new System.Text.StringBuilder("*filter\n");
        foreach (var (port, rules) in all.Where(a => a.Rules.HasIptables && a.Rules.IsLegacy == isLegacy))
        {
            var mask = rules.Seed % 3 == 0 ? "255.255.255.255" : rules.Seed % 3 == 1 ? "255.255.255.0" : "255.255.255.224";
            text.Append(CultureInfo.InvariantCulture, $":c{port} - [0:0]\n-A INPUT -p tcp --dport {port} -j c{port}\n");
            foreach (var (_, rule) in rules.Rules.Where(static r => r.Hook == Iptables))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"-A c{port} "
                        + $"{rule.Replace(ListName, ListOf(port), StringComparison.Ordinal).Replace(Mask, mask, StringComparison.Ordinal)}"
                        + $"\n");
            }
        }

        return text.Append("COMMIT\n").ToString();
    }

    /// <summary>What a port's list is called.</summary>
    public static string ListOf(int port) => string.Create(CultureInfo.InvariantCulture, $"r{port}");

    /// <summary>One rule fewer, in every way.</summary>
    public IEnumerable<ClientRules> Smaller() => Rules.Select((_, i) => this with { Rules = [.. Rules.Where((_, at) => at != i)] });

    /// <inheritdoc/>
    public override string ToString() =>
        $"seed {Seed}, {Protocol}{(Refusal is null ? "" : $", socket: {Refusal}")}{(IsForwarded ? ", published from another host" : IsPublished ? ", published" : IsProxied ? ", given to a transparent proxy" : "")}{(HasIptables ? $", {(IsLegacy ? "legacy" : "nft")}, seen: {string.Join(' ', Seen)}" : "")}\n{string.Concat(Rules.Select(static r => $"  {r.Hook}: {r.Text}\n"))}";

    private static string Sender(Dice dice, string hook)
    {
        var word = hook is "output" ? "daddr" : "saddr";
        return dice.Weighted(
            (45, () => ""),
            (20, () => $"ip {word} 198.18.0.0/28 "),
            (12, () => $"ip {word} {dice.Of("198.18.0.1", "198.18.0.33")} "),
            (10, () => $"ip {word} != 198.18.0.0/27 "),
            (13, () => $"ip6 {word} 2001:db8::/124 "));
    }

    private static string Match(Dice dice, string hook)
    {
        // Replies go to the port that the client chose.
        var port = hook == "output" ? "dport" : "sport";
        return dice.Weighted(
            (20, () => ""),
            (12, () => $"tcp {port} {dice.Of("< 1024", "1-1023", "25", "53", "< 512")} "),
            (6, () => $"tcp {port} {dice.Of(">= 1024", "1024-65535", "> 1023")} "),
            (5, () => $"tcp {port} {dice.Of("30000-45000", "50000-65535", "!= 40000-50000")} "),
            (8, () => $"meta length {dice.Of("> 5000", "> 1500", "< 40", "40-1500", "> 100", "44-84")} "),
            (8, () => $"tcp option maxseg size {dice.Of("1-500", "< 536", "536-9176", "> 9500")} "),
            (4, () => $"tcp option {dice.Of("fastopen", "md5sig")} {dice.Of("exists", "missing")} "),
            (5, () => $"ip ttl {dice.Of("< 5", "< 32", "> 0", "1-20")} "),
            (4, () => $"ip6 hoplimit {dice.Of("< 5", "> 0")} "),
            (4, () => $"ip dscp {dice.Of("cs6", "ef", "!= cs0")} "),
            (8, () => hook == "output" ? "" : $"ct count over {dice.Of(500, 100)} "),
            (5, () => "limit rate over 1000/second burst 1000 packets "),
            (5, () => "limit rate 1000/second burst 1000 packets "),
            (4, () => $"quota {dice.Of("10", "over 10")} bytes "),
            (3, () => $"quota {dice.Of("", "over ")}1000 mbytes "),
            (4, () => $"meta hour {dice.Of("\"00:00\"-\"12:00\"", "\"12:00\"-\"23:59\"", "!= \"03:00\"-\"04:00\"")} "),
            (4, () => $"meta day {dice.Of("0-2", "{ 1, 3, 5 }", "!= 6")} "),
            (6, () => $"ct state {dice.Of("new", "established", "new,established", "invalid")} "),
            (3, () => $"numgen random mod 2 {dice.Of(0, 1)} "));
    }

    private static string Verdict(Dice dice, string hook) => dice.Weighted(
        (35, () => "accept"),
        (38, () => "drop"),
        (27,
            () => hook is "input" or "output"
                ? dice.Of("reject", "reject with icmpx admin-prohibited", "reject with tcp reset") is var kind
                    && kind.EndsWith("reset", StringComparison.Ordinal) ? "meta l4proto tcp " + kind : kind
                : "drop"));

    /// <summary>The rules of many ports as one table: each port's chains are entered by its number.</summary>
    public static string Table(IReadOnlyList<(int Port, ClientRules Rules)> all)
    {
        var text = new System.Text.StringBuilder("table inet fw {\n");
        foreach (var (port, rules) in all)
        {
            foreach (var chain in rules.Rules.Where(static r => r.Hook != Iptables).GroupBy(static r => r.Hook))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"chain c{port}_{chain.Key} {{\n{string.Join('\n', chain.Select(static r => r.Text))}\n}}\n");
            }
        }

        Base("input", "filter hook input priority 0", static p => $"ct original proto-dst {p}", isForwarded: false);
        Base("input", "filter hook forward priority 0", static p => $"ct direction original ct original proto-dst {p}", isForwarded: true);
        Base("early", "filter hook prerouting priority -110", static p => $"th dport {p}");
        Base("output", "filter hook output priority 0", static p => $"ct original proto-dst {p}", isForwarded: false);
        Base("output", "filter hook forward priority 5", static p => $"ct direction reply ct original proto-dst {p}", isForwarded: true);
        Base("errors", "filter hook output priority 10", static p => $"meta l4proto {{ icmp, icmpv6 }} ct original proto-dst {p}");
        text.Append("chain proxy { type filter hook prerouting priority -115;\n");
        foreach (var (port, _) in all.Where(static a => a.Rules.IsProxied))
        {
            text.Append(CultureInfo.InvariantCulture, $"tcp dport {port} tproxy to :{ProxyPort}\n");
        }

        text.Append("}\nchain publish { type nat hook prerouting priority -100;\n");
        foreach (var (port, _) in all.Where(static a => a.Rules.IsPublished))
        {
            text.Append(all.First(a => a.Port == port).Rules.IsForwarded
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"tcp dport {port} dnat ip to {Inside}:{TargetPort}\ntcp dport {port} dnat ip6 to [{InsideIPv6}]:{TargetPort}\n")
                : string.Create(CultureInfo.InvariantCulture, $"tcp dport {port} redirect to :{TargetPort}\n"));
        }

        return text.Append("}\n}\n").ToString();

        void Base(string name, string head, Func<int, string> test, bool? isForwarded = null)
        {
            text.Append(CultureInfo.InvariantCulture, $"chain b{name}{(isForwarded == true ? "_forward" : "")} {{ type {head};\n");
            foreach (var (port, rules) in all.Where(
                a => a.Rules.Rules.Any(r => r.Hook == name) && (isForwarded is null || a.Rules.IsForwarded == isForwarded)))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"meta l4proto {(name == "errors" ? "{ icmp, icmpv6 }" : rules.Protocol)} {test(port)} jump c{port}_{name}\n");
            }

            text.Append("}\n");
        }
    }
}

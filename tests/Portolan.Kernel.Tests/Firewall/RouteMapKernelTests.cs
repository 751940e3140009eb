using System.Globalization;
using System.Text.Json;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Intervals;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall;

/// <summary>The map of routes against <c>ip route get</c>, for thousands of addresses in several set-ups.</summary>
public sealed class RouteMapKernelTests
{
    private static readonly string[] Cables = ["one", "two", "three"];

    private static readonly Dictionary<string, string[]> SetUps = new(StringComparer.Ordinal)
    {
        ["plain"] =
        [
            "route add default via 198.18.0.2", "route add 203.0.113.0/24 via 198.18.1.2", "route add blackhole 203.0.113.64/27",
            "route add unreachable 203.0.113.128/26", "route add prohibit 203.0.113.192/28",
            "route add 198.51.100.0/24 via 198.18.2.2 src 198.18.1.1",
            "route add 198.51.100.0/26 via 198.18.0.9 metric 50", "route add 198.51.100.0/26 via 198.18.1.9 metric 20",
            "route add local 192.0.2.0/25 dev lo", "route add broadcast 192.0.2.200 dev two table local",
            "-6 route add default via 2001:db8::2", "-6 route add 2001:db8:100::/48 via 2001:db8:1::2",
            "-6 route add blackhole 2001:db8:100:64::/64",
            "-6 route add unreachable 2001:db8:100:80::/60", "-6 route add prohibit 2001:db8:100:f000::/52",
            "-6 route add local 2001:db8:200::/56 dev lo",
        ],
        ["policy"] =
        [
            "route add default via 198.18.0.2", "route add 203.0.113.0/24 via 198.18.1.2", "route add default via 198.18.2.2 table 100",
            "route add throw 203.0.113.32/27 table 100", "route add blackhole 198.51.100.128/25 table 101",
            "route add 198.51.100.0/24 via 198.18.1.3 table 101",
            "rule add pref 100 from 198.18.1.0/24 lookup 100", "rule add pref 110 to 198.51.100.0/24 fwmark 7/0xf lookup 101",
            "rule add pref 120 fwmark 0x10/0x10 blackhole", "rule add pref 130 iif two to 192.0.2.0/26 unreachable",
            "route add prohibit 192.0.2.192/26 table 102", "route add throw 198.18.0.0/15 table 102",
            "rule add pref 140 not from 198.18.0.0/15 to 192.0.2.64/26 lookup 102",
            "rule add pref 150 to 192.0.2.128/25 goto 32766", "rule add pref 160 lookup main suppress_prefixlength 0",
            "rule add pref 170 to 192.0.2.0/24 lookup 100",
            "rule add pref 180 oif three to 203.0.113.128/25 lookup 101", "rule add pref 190 not fwmark 9 to 203.0.113.160/28 lookup 100",
            "-6 route add default via 2001:db8::2", "-6 route add default via 2001:db8:2::2 table 100",
            "-6 route add throw 2001:db8:100:20::/60 table 100",
            "-6 rule add pref 100 from 2001:db8:1::/64 lookup 100", "-6 rule add pref 110 to 2001:db8:200::/48 fwmark 7/0xf lookup 100",
            "-6 rule add pref 130 iif two to 2001:db8:100::/56 unreachable", "-6 rule add pref 160 lookup main suppress_prefixlength 0",
            "-6 rule add pref 170 to 2001:db8:100::/48 lookup 100",
            "-6 rule add pref 175 not to 2001:db8:200:80::/57 fwmark 0x10/0x10 lookup 100",
        ],
        ["multipath"] =
        [
            "route add default nexthop via 198.18.0.2 nexthop via 198.18.1.2", "nexthop add id 7 via 198.18.2.2 dev three",
            "nexthop add id 8 via 198.18.1.9 dev two",
            "nexthop add id 9 group 7/8", "nexthop add id 10 blackhole", "route add 203.0.113.0/25 nhid 7",
            "route add 203.0.113.128/26 nhid 9", "route add 203.0.113.192/26 nhid 10",
            "-6 route add default nexthop via 2001:db8::2 nexthop via 2001:db8:1::2", "-6 nexthop add id 20 via 2001:db8:2::2 dev three",
            "-6 route add 2001:db8:100::/48 nhid 20",
            "-6 route add 2001:db8:200::/48 from 2001:db8:1::/64 via 2001:db8:2::9 dev three",
            "-6 route add 2001:db8:200::/48 via 2001:db8::9 dev one",
        ],
        ["vrf"] =
        [
            "link add red type vrf table 66", "link set red up", "link set two master red", "route add default via 198.18.0.2",
            "route add default via 198.18.1.2 table 66",
            "route add 203.0.113.0/26 via 198.18.1.7 table 66", "-6 address add 2001:db8:1::1/64 dev two nodad",
            "-6 route add default via 2001:db8::2",
            "-6 route add default via 2001:db8:1::2 table 66", "-6 route add unreachable 2001:db8:100::/60 table 66",
        ],
    };

    [Theory]
    [InlineData("plain", true)]
    [InlineData("plain", false)]
    [InlineData("policy", true)]
    [InlineData("policy", false)]
    [InlineData("multipath", true)]
    [InlineData("multipath", false)]
    [InlineData("vrf", true)]
    [InlineData("vrf", false)]
    public void The_map_of_routes_says_what_the_kernel_says(string name, bool isIPv4)
    {
        using var router = Router(name);
        var facts = Read(router);
        Assert.Empty(facts.Missing);
        var map = new RouteMap(facts);
        var random = new Random(name.Length * 2);
        var questions = Enumerable.Range(0, 1200).Select(_ => Question.Random(random, isIPv4)).Distinct().ToList();
        var said = Ask(router, questions);
        var wrong = new List<string>();
        var doubted = 0;
        foreach (var question in questions)
        {
            var piece = Assert.Single(map.Find(IntervalSet.Of(question.Destination.Number), question.Key(facts)));
            doubted += piece.Outcome.Doubt is null ? 0 : 1;
            if (said.TryGetValue(question, out var answer) && piece.Outcome.Doubt is null && !answer.Fits(question, piece.Outcome, facts))
            {
                wrong.Add($"{question.Words}: the kernel says {answer}, the map {piece.Outcome.Kind} by "
                    + $"{string.Join(",", piece.Outcome.Interfaces)} via {piece.Outcome.Gateway}, rule {piece.Outcome.Rule?.Priority}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {said.Count}: {string.Join('\n', wrong.Take(8))}");
        Assert.True(said.Count - doubted > 600, $"only {said.Count} answers of the kernel, {doubted} in doubt");
    }

    [Theory]
    [InlineData("plain", true)]
    [InlineData("policy", true)]
    [InlineData("policy", false)]
    public void A_whole_set_at_once_gives_the_pieces_of_its_addresses(string name, bool isIPv4)
    {
        using var router = Router(name);
        var facts = Read(router);
        var map = new RouteMap(facts);
        var key = new RouteKey(isIPv4) { InputInterface = Index(facts, "two"), Mark = 7, Sources = IntervalSet.All(isIPv4 ? 32 : 128) };
        var pieces = map.Find(IntervalSet.All(isIPv4 ? 32 : 128), key);
        var random = new Random(11);
        for (var i = 0; i < 2000; i++)
        {
            var (to, from) = (Question.Address(random, isIPv4).Number, Question.Address(random, isIPv4).Number);
            var covering = Assert.Single(pieces, p => p.Destinations.Contains(to) && p.Sources!.Contains(from));
            var one = Assert.Single(map.Find(IntervalSet.Of(to), key with { Sources = IntervalSet.Of(from) }));
            Assert.True(covering.Outcome.IsSameAs(one.Outcome));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_check_of_senders_is_the_kernels(int filter)
    {
        foreach (var name in new[] { "plain", "policy", "multipath" })
        {
            using var router = Router(name);
            router.Setting("net/ipv4/conf/all/rp_filter", filter.ToString(CultureInfo.InvariantCulture));
            router.Setting("net/ipv4/ip_forward", "1");
            router.Setting("net/ipv6/conf/all/forwarding", "1");
            var facts = Read(router);
            var routing = new InputRouting(new RouteMap(facts));
            var random = new Random(filter + 3);
            var questions = Enumerable.Range(0, 700)
                .Select(
                    _ => Question.Random(random, isIPv4: true) with
                    {
                        Output = null,
                        Input = Cables[random.Next(3)],
                        Source = Question.Address(random, true)
                    }).Distinct().ToList();
            var said = Ask(router, questions);
            var wrong = new List<string>();
            foreach (var (question, answer) in said)
            {
                var pieces = routing.Route(
                    true, IntervalSet.Of(question.Source!.Value.Number), IntervalSet.Of(question.Destination.Number),
                    Index(facts, question.Input!), question.Mark);
                var piece = Assert.Single(pieces);
                var ours = piece.Fate switch
                {
                    InputFate.Local => "local",
                    InputFate.Group => "group",
                    InputFate.Forward => "forward",
                    InputFate.Martian or InputFate.ReversePath => "refused",
                    InputFate.NoRoute when piece.Route!.Kind == HostRouteKind.Blackhole => "refused", // both are EINVAL
                    _ => "none",
                };
                if (ours != answer.Fate)
                {
                    wrong.Add($"{question.Words}: the kernel says {answer} ({answer.Fate}), we {piece.Fate}");
                }
            }

            Assert.True(wrong.Count == 0, $"{name}: {wrong.Count} of {said.Count}: {string.Join('\n', wrong.Take(8))}");
            Assert.True(said.Count > 400);
        }
    }

    private static LabHost Router(string name)
    {
        Tool.Find("ip");
        var host = new LabHost();
        foreach (var (cable, number) in Cables.Select((c, i) => (c, i)))
        {
            host.Ip($"link add {cable} type veth peer name far{number}");
            host.Ip($"link set {cable} up");
            host.Ip($"link set far{number} up");
            host.Address(cable, $"198.18.{number}.1/24");
            host.Address(cable, number == 0 ? "2001:db8::1/64" : $"2001:db8:{number}::1/64");
        }

        if (name == "vrf" && host.Execute(Tool.Find("ip"), null, "link", "add", "blue", "type", "vrf", "table", "67").ExitCode != 0)
        {
            Assert.Skip("this kernel has no VRF");
        }

        Array.ForEach(SetUps[name], host.Ip);

        return host;
    }

    private static HostFacts Read(LabHost host) => host.Run(() =>
    {
        using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
        return HostFactsReader.Read(channel, "/proc", CancellationToken.None);
    });

    private static int Index(HostFacts facts, string name) => facts.Interfaces.Single(i => i.Name == name).Index;

    private static Dictionary<Question, Answer> Ask(LabHost host, List<Question> questions)
    {
        var result = new Dictionary<Question, Answer>();
        // Each answer is an object or an error on stderr; the two are told apart by asking with -force and counting lines of stdout and
        // stderr.
        var (output, error, _) =
            host.Execute(Tool.Find("ip"), string.Join('\n', questions.Select(q => q.Words)) + "\n", "-j", "-force", "-batch", "-");
        var errors = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var failed = new Dictionary<int, string>();
        for (var i = 0; i + 1 < errors.Length; i++)
        {
            if (errors[i + 1].StartsWith("Command failed -:", StringComparison.Ordinal))
            {
                failed[int.Parse(errors[i + 1].AsSpan("Command failed -:".Length), CultureInfo.InvariantCulture) - 1] = errors[i];
            }
        }

        var answers = new Queue<string>(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        for (var i = 0; i < questions.Count; i++)
        {
            if (failed.TryGetValue(i, out var why))
            {
                result[questions[i]] =
                    new Answer(null, null, null, why.Replace("RTNETLINK answers: ", "", StringComparison.Ordinal).Trim());
            }
            else
            {
                using var document = JsonDocument.Parse(answers.Dequeue());
                var route = document.RootElement[0];
                string? Text(string property) => route.TryGetProperty(property, out var value) ? value.GetString() : null;
                Assert.Equal(questions[i].Destination.ToString(), Text("dst"));
                var via = Text("gateway") ?? (route.TryGetProperty("via", out var other) ? other.GetProperty("host").GetString() : null);
                result[questions[i]] = new Answer(Text("type") ?? "unicast", Text("dev"), via, null);
            }
        }

        Assert.Empty(answers);
        return result;
    }

    private sealed record Question(InternetAddress Destination, InternetAddress? Source, string? Input, string? Output, uint Mark)
    {
        internal string Words => $"route get {Destination}{(Source is { } s ? $" from {s}" : "")}"
            + $"{(Input is null ? "" : $" iif {Input}")}{(Output is null ? "" : $" oif {Output}")}{(Mark == 0 ? "" : $" mark {Mark}")}";

        internal static Question Random(Random random, bool isIPv4)
        {
            uint[] marks = [0, 0, 7, 9, 0x17, 0x10];
            var to = Address(random, isIPv4);
            return random.Next(4) switch
            {
                0 => new Question(to, null, null, null, marks[random.Next(6)]),
                1 => new Question(to, null, null, Cables[random.Next(3)], marks[random.Next(6)]),
                // ip asks for a source of its own for a packet that goes out.
                2 => new Question(
                    to, InternetAddress.From(System.Net.IPAddress.Parse(isIPv4 ? $"198.18.{random.Next(3)}.1" : "2001:db8:2::1")), null,
                    null, marks[random.Next(6)]),
                _ => new Question(to, Peer(random, isIPv4), Cables[random.Next(3)], null, marks[random.Next(6)]),
            };
        }

        internal static InternetAddress Address(Random random, bool isIPv4)
        {
            if (isIPv4)
            {
                uint[] nets = [
                    0xc6120000, 0xc6120100, 0xc6120200, 0xcb007100, 0xcb007100, 0xc6336400, 0xc6336400, 0xc0000200, 0xc0000200, 0x0a000000,
                    0x7f000000];
                return InternetAddress.FromIPv4(nets[random.Next(nets.Length)] + (uint)random.Next(256));
            }

            ulong[] upper = [
                0x20010db8_00000000, 0x20010db8_00010000, 0x20010db8_00020000, 0x20010db8_01000000, 0x20010db8_02000000,
                0x20010db8_0300ffff];
            var high = upper[random.Next(upper.Length)];
            high |= (high & 0xff00_0000) != 0 ? (ulong)random.Next(0x10000) & (ulong)(random.Next(2) == 0 ? 0xff : 0xffff) : 0;
            return InternetAddress.FromNumber(new UInt128(high, (ulong)random.Next(4)), isIPv4: false);
        }

        private static InternetAddress Peer(Random random, bool isIPv4) => isIPv4
            ? InternetAddress.FromIPv4(0xc6120002 + ((uint)random.Next(3) << 8) + (uint)random.Next(200))
            : InternetAddress.FromNumber(
                new UInt128(0x20010db8_00000000 + ((ulong)random.Next(3) << 16), (ulong)random.Next(2, 200)), isIPv4: false);

        internal RouteKey Key(HostFacts facts) => new(Destination.IsIPv4)
        {
            Mark = Mark,
            InputInterface = Input is null ? 0 : Index(facts, Input),
            OutputInterface = Output is null ? 0 : Index(facts, Output),
            Sources = Source is { } source ? IntervalSet.Of(source.Number) : null,
        };
    }

    private sealed record Answer(string? Type, string? Device, string? Gateway, string? Failure)
    {
        internal string Fate => Failure is null
            ? Type switch { "local" => "local", "broadcast" or "multicast" => "group", "unicast" => "forward", _ => "none" }
            : Failure is "Invalid cross-device link" or "Invalid argument" ? "refused" : "none";

        /// <summary>Whether an outcome of ours is what the kernel said, as far as it said.</summary>
        internal bool Fits(Question question, RouteOutcome outcome, HostFacts facts)
        {
            // A socket bound to an interface sends out of it whatever the routes say (ip_route_output_key_hash_rcu): that is no lookup's
            // doing.
            if (question.Output is { } bound && Type == "unicast" && Device == bound && Gateway is null && question.Destination.IsIPv4
                && outcome.Kind is HostRouteKind.None or >= HostRouteKind.Blackhole)
            {
                return true;
            }

            if (Failure is "Invalid cross-device link" || (Failure is "Invalid argument" && outcome.Kind != HostRouteKind.Blackhole))
            {
                return true; // of the check of senders, which is another test's
            }

            if (Failure is not null || Type is "unreachable" or "prohibit" or "blackhole")
            {
                return outcome.Kind is HostRouteKind.None or >= HostRouteKind.Blackhole
                    || Failure == "No route to host" && outcome.Kind == HostRouteKind.Unicast;
            }

            // The kernel tells lo as the device of its own addresses.
            return Type switch
            {
                "local" => outcome.Kind == HostRouteKind.Local,
                "broadcast" => outcome.Kind == HostRouteKind.Broadcast,
                "multicast" => outcome.Kind == HostRouteKind.Multicast,
                "anycast" => outcome.Kind == HostRouteKind.Anycast,
                _ => outcome.Kind == HostRouteKind.Unicast && outcome.Interfaces.Any(i => facts.Interface(i)!.Name == Device)
                    && (outcome.Interfaces.Count > 1 || (Gateway ?? "") == (outcome.Gateway?.ToString() ?? "")),
            };
        }
    }
}

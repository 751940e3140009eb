using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Scan.Targets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Targets;

public sealed class TargetPlanTests
{
    // Words over few addresses, so that they overlap in every way.
    private static readonly Gen<string> Octet = Gen.OneOf(
        Gen.Choose(0, 9).Select(n => $"{n}"),
        from a in Gen.Choose(0, 9) from b in Gen.Choose(0, 9) select $"{Math.Min(a, b)}-{Math.Max(a, b)}",
        from a in Gen.Choose(0, 9) from b in Gen.Choose(0, 9) select $"{a},{b}");

    private static readonly Gen<string> Small = Gen.OneOf(
        from a in Octet from b in Octet select $"10.0.{a}.{b}",
        from a in Gen.Choose(0, 9) from length in Gen.Choose(28, 32) select $"10.0.{a}.0/{length}",
        from a in Gen.Choose(0, 9) from b in Gen.Choose(0, 9) select $"10.0.{Math.Min(a, b)}.5-10.0.{Math.Max(a, b)}.9",
        from a in Gen.Choose(0, 9) from b in Gen.Choose(0, 15) select $"2001:db8::{a:x}-2001:db8::{a + b:x}",
        from a in Gen.Choose(
            0, 9)
        from b in Gen.Choose(0, 9)
        from port in Gen.Elements("80", "22", "443,22")
        select $"10.0.{a}.{b}:{port}");

    // Sometimes patterns of so many ranges that they are not listed.
    private static readonly Gen<string> Word =
        Gen.Frequency((30, Small), (1, Gen.Constant("10.0-4.-.1,3")), (1, Gen.Constant("10.0-4.*.0-4")));

    [Trait("Quick", "no")]
    [Fact]
    public void A_list_of_a_million_addresses_is_a_plan_in_a_few_bytes_for_each()
    {
        const int Words = 1_000_000;
        static uint At(int word) => 0x0100_0007 + ((uint)(word * 7919L % Words) * 256);
        var builder = new TargetPlanBuilder(Plans.Options());
        builder.AddText(
            new StringReader(string.Join('\n', Enumerable.Range(0, Words).Select(word => InternetAddress.FromIPv4(At(word)).ToString()))),
            "list");
        builder.Exclude("1.0.0.0/24");

        var plan = builder.Build();

        Assert.Equal(Words - 1UL, plan.HostCount);
        foreach (var word in (int[])[1, 2, 500_000, Words - 1])
        {
            Assert.Equal(InternetAddress.FromIPv4(At(word)), plan.HostAt((ulong)word - 1).Address);
        }
    }

    [Trait("Quick", "no")]
    [Fact]
    public void What_is_longer_than_a_list_may_be_names_the_limit()
    {
        var many = new TargetPlanBuilder(Plans.Options());
        var all = Assert.Throws<PortolanException>(
            () => many.AddText(new StringReader(string.Concat(Enumerable.Repeat("192.0.2.1 ", TargetPlanBuilder.MostWords + 1))), "list"));
        Assert.Contains("more than 1,048,576 targets and excludes", all.Message, StringComparison.Ordinal);
        var names = new TargetPlanBuilder(Plans.Options());
        var some = Assert.Throws<PortolanException>(
            () => names.AddText(
                new StringReader(string.Concat(Enumerable.Repeat("2001:db8::1 ", TargetPlanBuilder.MostLongWords + 1))), "list"));
        Assert.Contains("more than 250,000 targets and excludes that are names", some.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_is_what_listing_every_word_would_give()
        => Prop.ForAll(Word.ListOf().ToArbitrary(), Gen.Sized(size => Word.ListOf(size / 20)).ToArbitrary(), (words, excludes) =>
        {
            var builder = Plans.Builder([.. words]);
            foreach (var exclude in excludes)
            {
                builder.ExcludeText(new StringReader(HostOf(exclude)), "test");
            }

            var expected = new Listing();
            expected.Add(words);
            expected.Remove(excludes);
            var plan = builder.Build();
            var texts = new Dictionary<ProbePorts, string>();
            for (ulong host = 0; host < plan.HostCount; host++)
            {
                var ports = plan.PortsOf(host);
                if (host >= (ulong)expected.Addresses.Count || plan.HostAt(host).Address != expected.Addresses[(int)host]
                    || !(texts.TryGetValue(ports, out var text) ? text : texts[ports] = plan.PortText(host)).Equals(
                        expected.PortsOf((int)host), StringComparison.Ordinal))
                {
                    return false;
                }
            }

            return plan.HostCount == (ulong)expected.Addresses.Count;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void Targets_come_in_the_order_they_are_named_and_each_once()
        => Assert.Equal(
            ["10.0.0.9", "10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1", "10.0.0.4"],
            Plans.Of("10.0.0.9", "10.0.0.0/30", "10.0.0.2", "2001:db8::1", "10.0.0.3,4", "[2001:DB8::1]").Addresses());

    [Fact]
    public void A_prefix_of_any_size_stays_a_number()
    {
        var plan = Plans.Of("10.0.0.0/8", "2001:db8::/65");
        Assert.Equal((1UL << 24) + (1UL << 63), plan.HostCount);
        Assert.Equal("10.255.255.255", plan.HostAt((1UL << 24) - 1).Address.ToString());
        Assert.Equal("2001:db8::", plan.HostAt(1UL << 24).Address.ToString());
        Assert.Equal("2001:db8::7fff:ffff:ffff:ffff", plan.HostAt(plan.HostCount - 1).Address.ToString());
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.HostAt(plan.HostCount));
    }

    [Fact]
    public void All_of_IPv4_with_all_ports_can_be_planned()
    {
        var builder = new TargetPlanBuilder(Plans.Options("0-"));
        builder.Add("0.0.0.0/0");
        builder.Exclude("10.0.0.0/8,127.0.0.0/8,192.168.0.0/16,224.0.0.0-255.255.255.255");
        var plan = builder.Build();
        Assert.Equal((1UL << 32) - (1UL << 24) - (1UL << 24) - (1UL << 16) - (1UL << 29), plan.HostCount);
        Assert.Equal(plan.HostCount * 65536, plan.ProbeCount);
        Assert.Equal("11.0.0.0", plan.HostAt(10UL << 24).Address.ToString());
        Assert.Equal("223.255.255.255", plan.HostAt(plan.HostCount - 1).Address.ToString());
    }

    [Fact]
    public void A_pattern_of_millions_of_ranges_is_not_listed_and_still_obeys_excludes()
    {
        var plan = Plans.Without("10.0.0.0/8,*.7.*.1", "*.*.*.1", "11.0.0.0/24", "*.*.0.0-1");
        const ulong Ones = (1UL << 24) - (1UL << 16) - (255UL * 256);
        Assert.Equal(Ones + 255 + ((1UL << 16) - 256 - 1), plan.HostCount);
        Assert.Equal("0.0.0.1", plan.HostAt(0).Address.ToString());
        Assert.Equal("255.255.255.1", plan.HostAt(Ones - 1).Address.ToString());
        Assert.Equal("11.0.0.0", plan.HostAt(Ones).Address.ToString());
        Assert.Equal("11.0.0.2", plan.HostAt(Ones + 1).Address.ToString());
        Assert.Equal("255.255.0.0", plan.HostAt(plan.HostCount - 1).Address.ToString());
    }

    [Fact]
    public void A_hole_moves_the_numbers_behind_it()
    {
        var plan = Plans.Without("10.0.0.1,10.0.0.4-10.0.0.6", "10.0.0.0/29");
        Assert.Equal(["10.0.0.0", "10.0.0.2", "10.0.0.3", "10.0.0.7"], plan.Addresses());
    }

    [Fact]
    public void Excludes_win_in_both_families_and_over_ports()
    {
        var plan = Plans.Without(
            "10.0.0.0/24,2001:db8::/64", "10.0.0.7", "10.0.0.8:443", "::ffff:10.0.0.9", "2001:db8::1", "[2001:db8::2]:80", "10.0.1.0");
        Assert.Equal(["10.0.1.0"], plan.Addresses());
    }

    [Fact]
    public void When_nothing_is_left_the_plan_is_empty()
    {
        var plan = Plans.Without("10.0.0.0/8", "10.1.2.0/24");
        Assert.Equal((0UL, 0UL), (plan.HostCount, plan.ProbeCount));
    }

    [Fact]
    public void A_host_keeps_its_ports_and_one_named_twice_has_those_of_both()
    {
        var plan = Plans.Of("10.0.0.1:22,443", "10.0.0.2", "10.0.0.1:8080", "10.0.0.2:9000", "[2001:db8::1]:53", "10.0.0.8/31:25");
        Assert.Equal(["22,443,8080", "80,9000", "53", "25", "25"], Enumerable.Range(0, 5).Select(host => plan.PortText((ulong)host)));
        Assert.Equal(3UL + 2 + 1 + 2, plan.ProbeCount);
    }

    [Fact]
    public void Hosts_named_together_share_one_list_of_ports()
    {
        var plan = Plans.Of("10.0.0.0/24", "10.0.1.1:22,80", "10.0.1.2:80,22");
        Assert.Same(plan.PortsOf(0), plan.PortsOf(255));
        Assert.Same(plan.PortsOf(256), plan.PortsOf(257));
    }

    [Fact]
    public void Qualified_ports_of_a_host_go_to_their_protocol()
    {
        var builder = new TargetPlanBuilder(Plans.Options("1", udp: true));
        builder.Add("10.0.0.1:53,U:161");
        builder.Add("10.0.0.2:T:443");
        var plan = builder.Build();
        Assert.Equal("53,U:53,U:161", plan.PortText(0));
        Assert.Equal("443", plan.PortText(1));
    }

    [Fact]
    public void Excluded_ports_are_not_probed_whoever_names_them()
    {
        var builder = new TargetPlanBuilder(Plans.Options() with { ExcludedPorts = Plans.Tcp("22") });
        builder.Add("10.0.0.1:22,80");
        Assert.Equal("80", builder.Build().PortText(0));
    }

    [Fact]
    public void Link_local_addresses_belong_to_their_interface()
    {
        var plan = Plans.Of("fe80::1%eth0", "fe80::1%lo", "fe80::1%2", "[fe80::2%7]:22");
        Assert.Equal(
            [("fe80::1", 2u), ("fe80::1", 1u), ("fe80::2", 7u)], plan.Hosts().Select(host => (host.Address.ToString(), host.ScopeId)));
    }

    [Fact]
    public void An_exclude_without_interface_holds_on_every_one()
    {
        Assert.Equal(0UL, Plans.Without("fe80::1", "fe80::1%eth0", "fe80::1").HostCount);
        Assert.Equal(["fe80::1"], Plans.Without("fe80::1%lo", "fe80::1%eth0", "fe80::1%lo", "fe80::1").Addresses());
    }

    [Fact]
    public void Too_many_probes_are_refused_before_anything_is_sent()
    {
        Assert.Equal(ExitCode.Usage, Plans.Refused("2001:db8::/64").ExitCode);
        Assert.Contains("64 bits of addresses", Plans.Refused("2001:db8::/64").Message, StringComparison.Ordinal);
        Assert.Contains("128 bits of addresses", Plans.Refused("::/0").Message, StringComparison.Ordinal);
        var builder = new TargetPlanBuilder(Plans.Options("1-1000"));
        builder.Add("2001:db8::/66");
        var exception = Assert.Throws<PortolanException>(() => builder.Build());
        Assert.Equal(ExitCode.Usage, exception.ExitCode);
        Assert.Contains("2^64", exception.Message, StringComparison.Ordinal);
        Assert.Throws<PortolanException>(() => Plans.Of("2001:db8::/65", "2001:db8:1::/65", "2001:db8:2::/65"));
    }

    [Fact]
    public void Lookups_allocate_nothing()
    {
        var plan = Plans.Without("10.0.3.0/24", "10.0.0.0/8", "*.1.*.1", "2001:db8::/100");
        var sum = 0;
        Assert.Equal(0, Allocations.Fewest(() =>
        {
            for (ulong host = 0; host < plan.HostCount; host += plan.HostCount / 97)
            {
                sum += plan.HostAt(host).Address.BitCount + plan.PortsOf(host).Count;
            }
        }));
        Assert.True(sum > 0);
    }

    // One host per line and port, as other scanners write them: must neither take minutes nor gigabytes.
    [Fact]
    public void A_list_of_thousands_of_ports_of_a_host_is_one_host()
    {
        var builder = new TargetPlanBuilder(Plans.Options());
        builder.AddText(new StringReader(string.Join('\n', Enumerable.Range(1, 20_000).Select(port => $"10.0.0.1:{port}"))), "test");
        var plan = builder.Build();
        Assert.Equal((1UL, 20_000UL), (plan.HostCount, plan.ProbeCount));
    }

    [Fact]
    public void A_list_of_thousands_of_single_hosts_keeps_its_order()
    {
        var random = new Random(17);
        var addresses = Enumerable.Range(0, 30_000).Select(_ => (uint)random.Next()).ToArray();
        var builder = new TargetPlanBuilder(Plans.Options());
        builder.AddText(new StringReader(string.Join('\n', addresses.Select(bits => InternetAddress.FromIPv4(bits)))), "test");
        Assert.Equal(addresses.Distinct(), builder.Build().Hosts().Select(host => host.Address.IPv4Bits));
    }

    private static string HostOf(string word) => word.StartsWith("10", StringComparison.Ordinal) ? word.Split(':')[0] : word;

    /// <summary>The same by listing every address.</summary>
    private sealed class Listing
    {
        // Ports 22, 80 and 443 as bits.
        private readonly Dictionary<InternetAddress, int> _ports = [];

        public List<InternetAddress> Addresses { get; } = [];

        public string PortsOf(int host) => _ports[Addresses[host]] switch
        {
            1 => "22",
            2 => "80",
            3 => "22,80",
            5 => "22,443",
            7 => "22,80,443",
            var bits => $"{bits}",
        };

        public void Add(IEnumerable<string> words)
        {
            foreach (var word in words)
            {
                var parts = word.StartsWith("10", StringComparison.Ordinal) ? word.Split(':') : [word];
                foreach (var address in Expand(parts[0]))
                {
                    if (_ports.TryAdd(address, 0))
                    {
                        Addresses.Add(address);
                    }

                    _ports[address] |= (parts is [_, var text] ? text : "80") switch { "22" => 1, "80" => 2, _ => 5 };
                }
            }
        }

        public void Remove(IEnumerable<string> words)
        {
            var gone = words.SelectMany(word => Expand(HostOf(word))).ToHashSet();
            Addresses.RemoveAll(gone.Contains);
        }

        private static IEnumerable<InternetAddress> Expand(string word)
        {
            if (word.Contains(':', StringComparison.Ordinal) || word.Count(letter => letter == '.') == 6)
            {
                var ends = word.Split('-');
                Assert.True(InternetAddress.TryParse(ends[0], out var first));
                Assert.True(InternetAddress.TryParse(ends[1], out var last));
                for (; first <= last; first = first.Plus(1))
                {
                    yield return first;
                }

                yield break;
            }

            var slash = word.Split('/');
            var octets = slash[0].Split('.').Select(Octets).ToArray();
            foreach (var a in octets[0])
            {
                foreach (var b in octets[1])
                {
                    foreach (var c in octets[2])
                    {
                        foreach (var d in octets[3])
                        {
                            var bits = (uint)((a << 24) | (b << 16) | (c << 8) | d);
                            for (uint more = 0; more < (slash.Length == 1 ? 1 : 1u << (32 - int.Parse(slash[1]))); more++)
                            {
                                yield return InternetAddress.FromIPv4(bits + more);
                            }
                        }
                    }
                }
            }
        }

        private static IEnumerable<int> Octets(string text) =>
            text is "-" or "*" ? Enumerable.Range(0, 256) : text.Split(',').SelectMany(part =>
        {
            var ends = part.Split('-');
            return Enumerable.Range(int.Parse(ends[0]), int.Parse(ends[^1]) - int.Parse(ends[0]) + 1);
        }).Distinct().Order();
    }
}

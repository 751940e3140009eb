using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Names;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Names;

public sealed class NameResolverTests
{
    [Fact]
    public async Task Both_families_are_asked_for_and_IPv4_comes_first()
    {
        var zone = new Zone().Add("www.example", DnsType.A, "192.0.2.1", "192.0.2.2").Add("www.example", DnsType.Aaaa, "2001:db8::1");
        var answer = await Ask(zone.Resolver(), "www.example");
        Assert.Equal(["192.0.2.1", "192.0.2.2", "2001:db8::1"], Texts(answer));
        Assert.Null(answer.Problem);
        Assert.Null(answer.CanonicalName);
        Assert.Equal([DnsType.A, DnsType.Aaaa], answer.Steps.Cast<DnsStep>().Select(step => step.Type));
        Assert.All(
            answer.Steps.Cast<DnsStep>(),
            step => Assert.Equal(
                (DnsOutcome.Answered, DnsCarrier.Udp, "192.0.2.53"), (step.Outcome, step.Carrier, step.Server.ToString())));
    }

    [Fact]
    public async Task Only_the_wanted_family_is_asked_for()
    {
        var zone = new Zone().Add("www.example", DnsType.A, "192.0.2.1").Add("www.example", DnsType.Aaaa, "2001:db8::1");
        var answer = await zone.Resolver().LookUpAsync("www.example", AddressFamilies.IPv6, TestContext.Current.CancellationToken);
        Assert.Equal(["2001:db8::1"], Texts(answer));
        Assert.Equal(["192.0.2.53 udp AAAA www.example"], zone.Questions);
    }

    [Fact]
    public async Task The_hosts_file_comes_first_and_says_so()
    {
        var zone = new Zone();
        var answer =
            await Ask(zone.Resolver(hosts: "192.0.2.7 printer Printer.Example # upstairs\n2001:db8::7 printer\nnonsense\n"), "PRINTER");
        Assert.Equal(["192.0.2.7", "2001:db8::7"], Texts(answer));
        Assert.Empty(zone.Questions);
        Assert.Equal("/etc/hosts", Assert.IsType<HostsFileStep>(Assert.Single(answer.Steps)).Path);
    }

    [Fact]
    public async Task Localhost_is_never_asked_for()
    {
        var zone = new Zone();
        Assert.Equal(["127.0.0.1", "::1"], Texts(await Ask(zone.Resolver(), "app.localhost")));
        Assert.Empty(zone.Questions);
    }

    [Fact]
    public async Task Aliases_are_followed_to_their_end()
    {
        var zone = new Zone().Add("www.example", DnsType.Cname, "edge.example").Add("edge.example", DnsType.Cname, "host.example").Add(
            "host.example", DnsType.A, "192.0.2.9");
        var answer = await Ask(zone.Resolver(), "www.example");
        Assert.Equal(["192.0.2.9"], Texts(answer));
        Assert.Equal("host.example", answer.CanonicalName);
    }

    [Fact]
    public async Task Aliases_in_a_circle_end()
    {
        var zone = new Zone().Add("a.example", DnsType.Cname, "b.example").Add("b.example", DnsType.Cname, "a.example");
        var answer = await Ask(zone.Resolver(), "a.example");
        Assert.Empty(answer.Addresses);
        Assert.NotNull(answer.Problem);
        Assert.True(zone.Questions.Count < 40);
    }

    [Fact]
    public async Task A_truncated_answer_is_asked_for_again_over_TCP()
    {
        var zone = new Zone { Truncates = true }.Add("big.example", DnsType.A, [.. Enumerable.Range(1, 100).Select(i => $"192.0.2.{i}")]);
        var answer = await zone.Resolver().LookUpAsync("big.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
        Assert.Equal(100, answer.Addresses.Count);
        Assert.Equal(
            [(DnsCarrier.Udp, DnsOutcome.Truncated), (DnsCarrier.Tcp, DnsOutcome.Answered)],
            answer.Steps.Cast<DnsStep>().Select(step => (step.Carrier, step.Outcome)));
    }

    [Fact]
    public async Task A_silent_server_is_passed_over()
    {
        var zone = new Zone { Dead = { "192.0.2.53" } }.Add("www.example", DnsType.A, "192.0.2.1");
        var answer = await zone.Resolver("nameserver 192.0.2.53\nnameserver 2001:db8::53").LookUpAsync(
            "www.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
        Assert.Equal(["192.0.2.1"], Texts(answer));
        Assert.Equal([DnsOutcome.TimedOut, DnsOutcome.Answered], answer.Steps.Cast<DnsStep>().Select(step => step.Outcome));
    }

    [Theory]
    [InlineData(DnsResponseCode.ServerFailure, "SERVFAIL")]
    [InlineData(DnsResponseCode.Refused, "REFUSED")]
    public async Task A_server_that_cannot_say_is_passed_over_and_named_when_none_can(DnsResponseCode code, string word)
    {
        var zone = new Zone { Codes = { ["192.0.2.53"] = code } }.Add("www.example", DnsType.A, "192.0.2.1");
        Assert.Equal(["192.0.2.1"], Texts(await Ask(zone.Resolver("nameserver 192.0.2.53\nnameserver 192.0.2.54"), "www.example")));
        Assert.Contains(word, (await Ask(zone.Resolver(), "www.example")).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_server_is_asked_without_EDNS()
    {
        var zone = new Zone { IsOld = true }.Add("www.example", DnsType.A, "192.0.2.1");
        Assert.Equal(
            ["192.0.2.1"],
            Texts(await zone.Resolver().LookUpAsync("www.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken)));
        Assert.Equal(["192.0.2.53 udp A www.example", "192.0.2.53 udp A www.example (no edns)"], zone.Questions);
    }

    [Fact]
    public async Task Each_way_of_failing_has_its_own_words()
    {
        var zone = new Zone { Dead = { "192.0.2.1" }, Refusing = { "192.0.2.2" } }.Add("mail.example", DnsType.Mx, "mx.example");
        Assert.Equal("no such name (says 192.0.2.53)", (await Ask(zone.Resolver(), "nowhere.example")).Problem);
        Assert.Equal("the name has no address (says 192.0.2.53)", (await Ask(zone.Resolver(), "mail.example")).Problem);
        Assert.Equal(
            "no DNS server answered (asked 192.0.2.1 last)", (await Ask(zone.Resolver("nameserver 192.0.2.1"), "www.example")).Problem);
        Assert.Equal(
            "the DNS server 192.0.2.2 is unreachable: Connection refused",
            (await Ask(zone.Resolver("nameserver 192.0.2.2"), "www.example")).Problem);
        Assert.Equal("no DNS server is known (resolv.conf names none)", (await Ask(zone.Resolver(""), "www.example")).Problem);
        Assert.Equal("not a valid DNS name", (await Ask(zone.Resolver(), new string('a', 64) + ".example")).Problem);
    }

    [Fact]
    public async Task A_short_name_is_tried_in_the_search_domains_first_and_a_long_one_last()
    {
        var zone = new Zone().Add("db.two.example", DnsType.A, "192.0.2.3");
        const string Conf = "nameserver 192.0.2.53\nsearch one.example two.example\noptions ndots:2";
        Assert.Equal(
            ["192.0.2.3"], Texts(await zone.Resolver(Conf).LookUpAsync("db", AddressFamilies.IPv4, TestContext.Current.CancellationToken)));
        Assert.Equal(["192.0.2.53 udp A db.one.example", "192.0.2.53 udp A db.two.example"], zone.Questions);

        zone.Questions.Clear();
        await zone.Resolver(Conf).LookUpAsync("a.b.c", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
        Assert.Equal("192.0.2.53 udp A a.b.c", zone.Questions[0]);
        zone.Questions.Clear();
        await zone.Resolver(Conf).LookUpAsync("db.", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
        Assert.Equal(["192.0.2.53 udp A db"], zone.Questions);
    }

    [Fact]
    public async Task Answers_to_other_questions_are_refused_and_counted()
    {
        var zone = new Zone
        {
            Lies =
            {
                query => [.. query.AsSpan(0, 1), (byte)(query[1] ^ 1), 0x81, 0x80, .. query.AsSpan(4)],
                query => Forged(query, "evil.example"),
                query => [],
                query => query,
                query => [1, 2, 3],
            },
        }.Add("www.example", DnsType.A, "192.0.2.1");
        var answer = await zone.Resolver().LookUpAsync("www.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
        Assert.Equal(["192.0.2.1"], Texts(answer));
        Assert.Equal(5, Assert.IsType<DnsStep>(Assert.Single(answer.Steps)).Rejected);
    }

    [Fact]
    public async Task Records_of_other_names_in_the_answer_are_not_taken()
    {
        var zone = new Zone
        {
            Lies = { query => Forged(query, "www.example", ("bank.example", "198.51.100.66")) },
        };
        var answer = await zone.Resolver().LookUpAsync("www.example", AddressFamilies.IPv4, TestContext.Current.CancellationToken);
        Assert.Empty(answer.Addresses);
    }

    [Fact]
    public async Task Where_the_system_has_more_sources_it_is_asked_too_and_that_is_said()
    {
        var system = new OneSystem("192.0.2.77");
        var answer =
            await Ask(new Zone().Resolver(nsswitch: "hosts: files mymachines dns [NOTFOUND=return] myhostname", system: system), "box");
        Assert.Equal(["192.0.2.77"], Texts(answer));
        Assert.Contains("mymachines, myhostname", Assert.IsType<SystemStep>(answer.Steps[^1]).Why, StringComparison.Ordinal);

        Assert.Empty(Texts(await Ask(new Zone().Resolver(nsswitch: "hosts: files dns", system: system), "box")));
        Assert.Equal(1, system.Calls);
    }

    [Fact]
    public async Task Without_a_server_the_system_is_asked()
    {
        var answer = await Ask(new Zone().Resolver("", system: new OneSystem("192.0.2.77")), "box");
        Assert.Equal(["192.0.2.77"], Texts(answer));
        Assert.Contains("resolv.conf names none", Assert.IsType<SystemStep>(Assert.Single(answer.Steps)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_of_the_link_are_not_told_to_DNS_servers()
    {
        var zone = new Zone();
        await Ask(
            zone.Resolver(nsswitch: "hosts: files mdns4_minimal [NOTFOUND=return] dns", system: new OneSystem("192.0.2.77")),
            "printer.local");
        Assert.Empty(zone.Questions);
    }

    [Fact]
    public async Task Hostile_answers_never_throw()
    {
        var honest = new Zone().Add("www.example", DnsType.A, "192.0.2.1").Add("www.example", DnsType.Aaaa, "2001:db8::1").Add(
            "alias.example", DnsType.Cname, "www.example");
        foreach (var name in (string[])["www.example", "alias.example"])
        {
            for (var seed = 0; seed < 3000; seed++)
            {
                var random = new Random(seed);
                var zone = new Zone
                {
                    Lies = { query => Fuzz.Damage(random, honest.Answer(query)),
                    query => Fuzz.Damage(random, honest.Answer(query)) }
                };
                var answer = await Ask(zone.Resolver(), name);
                Assert.True(answer.Addresses.Count > 0 || answer.Problem is not null, $"seed {seed}");
            }
        }
    }

    private static Task<NameAnswer> Ask(NameResolver resolver, string name) =>
        resolver.LookUpAsync(name, AddressFamilies.Both, TestContext.Current.CancellationToken);

    private static IEnumerable<string> Texts(NameAnswer answer) => answer.Addresses.Select(address => address.ToString());

    private static byte[] Forged(byte[] query, string question, params (string Name, string Address)[] records)
    {
        Assert.True(DnsMessage.TryRead(query, out var message));
        var buffer = new byte[512];
        var writer = new DnsWriter(buffer, message.Id, DnsFlags.Response | DnsFlags.RecursionAvailable);
        writer.TryAddQuestion(question, DnsType.A);
        foreach (var (name, text) in records)
        {
            Assert.True(InternetAddress.TryParse(text, out var address));
            writer.TryAddAddress(DnsSection.Answer, name, 60, address);
        }

        return buffer[..writer.Length];
    }

    private sealed class OneSystem(string address) : ISystemNames
    {
        public int Calls { get; private set; }

        public Task<(IReadOnlyList<InternetAddress> Addresses, string? Error)> FindAsync(
            string name, TimeSpan timeout, CancellationToken cancellation)
        {
            Calls++;
            Assert.True(InternetAddress.TryParse(address, out var parsed));
            return Task.FromResult<(IReadOnlyList<InternetAddress>, string?)>(([parsed], null));
        }
    }
}

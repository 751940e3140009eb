using System.Buffers.Binary;
using System.Net;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Lab.Services;

public sealed class DnsServiceTests
{
    [Theory]
    [InlineData("server", DnsType.A, "198.18.0.1")]
    [InlineData("SERVER.test.lab", DnsType.A, "198.18.0.1")]
    [InlineData("server.test.lab", DnsType.Aaaa, "2001:db8::1")]
    [InlineData("www.example.com", DnsType.A, "198.18.0.80")]
    [InlineData("1.0.18.198.in-addr.arpa", DnsType.Ptr, "server.test.lab")]
    [InlineData("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DnsType.Ptr, "server.test.lab")]
    [InlineData("test.lab", DnsType.Ns, "server.test.lab")]
    [InlineData("test.lab", DnsType.Mx, "10 server.test.lab")]
    [InlineData("alias.test.lab", DnsType.Cname, "www.example.com")]
    [InlineData("alias.test.lab", DnsType.A, "www.example.com 198.18.0.80")]
    [InlineData("_http._tcp.test.lab", DnsType.Srv, "80 www.example.com")]
    [InlineData("test.lab", DnsType.Soa, "server.test.lab 1")]
    public async Task Names_and_addresses_of_the_lab_are_found_both_ways(string name, DnsType type, string expected)
    {
        await using var world = World();
        var answer = await world.AskAsync(53, Query(name, type));
        Assert.Equal(expected, Read(answer!, DnsResponseCode.NoError));
    }

    [Theory]
    [InlineData("none.test.lab", DnsType.A, DnsResponseCode.NameError, true)]
    [InlineData("server.test.lab", DnsType.Mx, DnsResponseCode.NoError, true)]
    [InlineData("_tcp.test.lab", DnsType.A, DnsResponseCode.NoError, true)]
    [InlineData("www.example.org", DnsType.A, DnsResponseCode.Refused, false)]
    [InlineData("test.lab", DnsType.Axfr, DnsResponseCode.FormatError, false)]
    public async Task What_is_not_there_is_said(string name, DnsType type, DnsResponseCode code, bool hasStart)
    {
        await using var world = World();
        var answer = await world.AskAsync(53, Query(name, type));
        Assert.Equal("", Read(answer!, code));
        Assert.True(DnsMessage.TryRead(answer, out var message));
        Assert.Equal(hasStart ? 1 : 0, message.Authorities.Count);
    }

    [Fact]
    public async Task An_answer_that_does_not_fit_is_cut_short_and_whole_over_tcp()
    {
        await using var world = new ServiceWorld();
        world.Serve(
            "dns", 53, ("records", string.Join("; ", Enumerable.Range(0, 40).Select(i => $"many TXT text-number-{i:00}-of-forty"))));
        var small = await world.AskAsync(53, Query("many.test.lab", DnsType.Txt, edns: false));
        Assert.InRange(small!.Length, 12, 512);
        Assert.True(DnsMessage.TryRead(small, out var cut) && cut.IsTruncated);
        await using var talk = await world.ConnectAsync(53);
        await talk.SendAsync(Prefixed(Query("many.test.lab", DnsType.Txt, edns: false)));
        var whole = await talk.BytesAsync(BinaryPrimitives.ReadUInt16BigEndian(await talk.BytesAsync(2)));
        Assert.True(DnsMessage.TryRead(whole, out var message) && !message.IsTruncated);
        Assert.Equal(40, message.Answers.Count);

        // The same connection answers again.
        await talk.SendAsync(Prefixed(Query("server", DnsType.A)));
        Assert.Equal(
            "198.18.0.1",
            Read(await talk.BytesAsync(BinaryPrimitives.ReadUInt16BigEndian(await talk.BytesAsync(2))), DnsResponseCode.NoError));
    }

    [Fact]
    public async Task A_secondary_server_takes_its_zone_from_the_primary_over_tcp_and_answers_then()
    {
        await using var world = new ServiceWorld();
        var secondary = world.AddHost("secondary", "198.18.0.3/16");
        world.Serve(
            "dns", 53, ("zones", "test.lab"),
            ("records", string.Join("; ", Enumerable.Range(0, 2000).Select(i => $"host-{i} A 198.18.5.{i % 250}"))));
        Assert.Equal(0, secondary.Stack.GetStatistics().Retransmissions);
        world.Serve(secondary, "dns", 53, ("zones", "test.lab"), ("secondary-of", "server"));
        byte[]? answer = null;
        for (var i = 0; i < 1000; i++)
        {
            answer = await world.AskAsync(53, Query("host-1999.test.lab", DnsType.A), "198.18.0.3");
            if (DnsMessage.TryRead(answer, out var message) && message.ResponseCode == DnsResponseCode.NoError)
            {
                break;
            }

            Assert.Equal(DnsResponseCode.ServerFailure, message.ResponseCode);
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Equal("198.18.5.249", Read(answer!, DnsResponseCode.NoError));
    }

    [Fact]
    public async Task Five_thousand_hosts_are_found_by_each_of_their_names()
    {
        await using var world = new ServiceWorld();
        for (var i = 0; i < 5000; i++)
        {
            world.Directory.Names.Add(($"host-{i}", InternetAddress.FromIPv4(0xc612_1000u + (uint)i)));
        }

        world.Serve("dns", 53);
        Assert.Equal(
            "198.18.35.135",
            Read((await world.AskAsync(53, Query("host-4999", DnsType.A), patienceMilliseconds: 20_000))!, DnsResponseCode.NoError));
        Assert.Equal("198.18.35.135", Read((await world.AskAsync(53, Query("host-4999.test.lab", DnsType.A)))!, DnsResponseCode.NoError));
        Assert.Equal(
            "host-4999.test.lab",
            Read((await world.AskAsync(53, Query("135.35.18.198.in-addr.arpa", DnsType.Ptr)))!, DnsResponseCode.NoError));
    }

    [Fact]
    public async Task A_server_may_keep_its_zones_to_itself()
    {
        await using var world = new ServiceWorld();
        world.Serve("dns", 53, ("transfer", "no"));
        await using var talk = await world.ConnectAsync(53);
        await talk.SendAsync(Prefixed(Query("test.lab", DnsType.Axfr)));
        Read(await talk.BytesAsync(BinaryPrimitives.ReadUInt16BigEndian(await talk.BytesAsync(2))), DnsResponseCode.Refused);
    }

    [Fact]
    public async Task A_newer_edns_and_a_malformed_question_are_told_so()
    {
        await using var world = World();
        var query = new byte[512];
        var writer = new DnsWriter(query, 1, DnsFlags.None);
        Assert.True(writer.TryAddQuestion("server", DnsType.A) && writer.TryAddEdns(new DnsEdns(1232, 1, 0, false)));
        Read((await world.AskAsync(53, query[..writer.Length]))!, DnsResponseCode.BadVersion);
        Read((await world.AskAsync(53, [0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 99]))!, DnsResponseCode.FormatError);

        // An answer is not answered: two servers would go on for ever.
        Assert.Null(await world.AskAsync(53, [0, 9, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0], patienceMilliseconds: 100));
    }

    [Fact]
    public async Task Records_of_a_topology_that_are_none_are_refused_with_the_form_they_have()
    {
        await using var world = new ServiceWorld();
        Portolan.Lab.Services.ServiceCatalogue.TryFind("dns", out var service);
        var setting = service!.Settings.Single(s => s.Name == "records");
        Assert.Contains("\"www A 1.2.3\" is not", setting.Check!("mail MX 10 www; www A 1.2.3"), StringComparison.Ordinal);
        Assert.Null(
            setting.Check("mail MX 10 www; www AAAA 2001:db8::1; . TXT \"v=spf1 -all\"".Replace(
                ". TXT", "@ TXT", StringComparison.Ordinal)));
    }

    private static ServiceWorld World()
    {
        var world = new ServiceWorld();
        world.Directory.Names.Add(("www.example.com", InternetAddress.From(IPAddress.Parse("198.18.0.80"))));
        world.Directory.Offers.Add(("server", "smtp"));
        world.Serve("dns", 53, ("records", "alias CNAME www.example.com.; _http._tcp SRV 0 0 80 www.example.com."));
        return world;
    }

    private static byte[] Query(string name, DnsType type, bool edns = true)
    {
        var query = new byte[512];
        Assert.True(DnsWriter.TryWriteQuery(query, 77, name, type, out var length, edns: edns));
        return query[..length];
    }

    private static byte[] Prefixed(byte[] message) => [(byte)(message.Length >> 8), (byte)message.Length, .. message];

    private static string Read(byte[] answer, DnsResponseCode code)
    {
        Assert.True(DnsMessage.TryRead(answer, out var message));
        Assert.Equal(code, message.ResponseCode);
        var texts = new List<string>();
        foreach (var record in message.Answers)
        {
            texts.Add(record.TryReadAddress(out var address) ? address.ToString()
                : record.TryReadName(out var name) ? name.ToString()
                : record.TryReadMailExchange(out var preference, out var exchange) ? $"{preference} {exchange.ToString()}"
                : record.TryReadService(out var service) ? $"{service.Port} {service.Target.ToString()}"
                : record.TryReadStartOfAuthority(out var start) ? $"{start.Server.ToString()} {start.Serial}" : $"{record.Type}");
        }

        return string.Join(' ', texts);
    }
}

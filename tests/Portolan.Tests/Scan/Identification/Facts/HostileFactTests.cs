using System.Text;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Identification.Facts;

/// <summary>
/// Facts of servers that answer damaged, endlessly, slowly or not at all: bounded in time, connections and memory, and printable.
/// </summary>
public sealed class HostileFactTests
{
    // What a real server says to some question, so that damage reaches every reader.
    private static readonly byte[][] Replies =
    [
        .. RecordedService.All().Select(RecordedService.Read)
            .SelectMany(static service => service.Replies.Select(static reply => reply.Bytes)),
        [.. "HTTP/1.1 200 OK\r\nServer: x\r\nAllow: GET\r\nWWW-Authenticate: Basic realm=\"x\r\n"u8,
            .. "Transfer-Encoding: chunked\r\n\r\n8\r\n<title>a\r\n9\r\nb</title>\r\n0\r\n\r\n"u8],
        [.. "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"u8],
        [.. "HTTP/1.1 200 OK\r\nContent-Length: 41\r\n\r\n<meta name=generator content='x'><link rel=icon href='//:/'>"u8],
        [.. "* CAPABILITY IMAP4 IDLE\r\na1 OK\r\n"u8], [.. "+OK\r\nTOP\r\n.\r\n"u8], [.. "230 in\r\n"u8], [.. "331 more\r\n"u8],
            [.. "STAT pid 1\r\nSTAT version 1.6\r\nEND\r\n"u8],
        [0x16, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3, .. new byte[32], 0, 0xC0, 0x30, 0], [.. "$20\r\nredis_version:7\r\nos:x\r\n\r\n"u8],
        [.. "RFB 003.008\n"u8], [3, 1, 2, 5], [.. "RTSP/1.0 200 OK\r\nPublic: OPTIONS, PLAY\r\n\r\n"u8],
        [0, 0, 0, 100, 0xFE, (byte)'S', (byte)'M', (byte)'B', 64, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, .. new byte[80]],
        [.. "NTLMSSP\0\u0002\0\0\0"u8, 4, 0, 4, 0, 56, 0, 0, 0, .. new byte[20], 12, 0, 12, 0, 60, 0, 0, 0, 6, 1, 0xB1, 0x1D, 0, 0, 0, 15,
            .. "a\0b\0"u8, 1, 0, 4, 0, .. "c\0d\0"u8, 0, 0, 0, 0],
    ];

    // The platform's TLS has threads of its own, which no virtual time waits for; the certificate that it brings is damaged in
    // ServiceFactTests.
    public static TheoryData<string> Ids =>
        [.. FactCatalog.All.Where(static fact => fact.Id is not ("ssl-cert" or "tls-alpn")).Select(static fact => fact.Id)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Damaged_replies_are_bounded_and_printable(string id) => Fuzz.Run(60, (random, _) =>
    {
        var greeting = random.Next(3) == 0 ? null : Encoding.Latin1.GetString(Fuzz.Damage(random, Replies[random.Next(Replies.Length)]));
        Ask(id, greeting, _ => random.Next(8) == 0 ? null : Fuzz.Damage(random, Replies[random.Next(Replies.Length)]), random.Next(2) == 0);
    });

    [Theory]
    [MemberData(nameof(Ids))]
    public void Silence_ends_in_time(string id) => Assert.Null(Ask(id, null, static _ => null, closes: false));

    [Trait("Quick", "no")]
    [Theory]
    [MemberData(nameof(Ids))]
    public void A_flood_ends_at_its_limit(string id)
    {
        foreach (var one in (ReadOnlySpan<byte>)[0, (byte)'a', (byte)'\n', 0xFF, 0x30])
        {
            var flood = new byte[1 << 19];
            Array.Fill(flood, one);
            Ask(id, null, _ => flood, closes: false);
        }
    }

    [Fact]
    public void A_fact_holds_so_much_text_and_no_more()
    {
        var deep = FactField.Of("leaf", new string('x', 10_000));
        for (var i = 0; i < 10; i++)
        {
            deep = FactField.Table("k\u001b", Enumerable.Repeat(deep, 40));
        }

        var fact = Fact.Of("x", Enumerable.Range(0, 2000).Select(i => FactField.Of($"k{i}", new string('\u202e', 5000))).Append(deep),
            new string('\n', 100_000) + "\u001b[2J");
        AssertBounded(fact);
        Assert.Equal("a", Assert.Single(Fact.Of("x", [FactField.Of("k", "a"), FactField.Of("k", "b")]).Fields!).Text);
    }

    /// <summary>No more text than a fact may hold, and none that does anything to a terminal.</summary>
    internal static void AssertBounded(Fact fact)
    {
        Assert.InRange(fact.Output.Length, 0, Fact.MaxOutputLength + 1);
        Assert.True(fact.Output.Split('\n').All(IsPrintable), fact.Output);
        var fields = Flat(fact.Fields ?? []).ToList();
        Assert.InRange(fields.Count, 0, Fact.MaxFields);
        Assert.InRange(fields.Sum(static field => field.Text.Length), 0, Fact.MaxLength);
        Assert.All(fields, static field => Assert.True(IsPrintable(field.Text) && IsPrintable(field.Key ?? ""), field.Text));
    }

    private static Fact? Ask(string id, string? greeting, Func<byte[], byte[]?> answer, bool closes)
    {
        var fact = FactServer.Find(id);
        Fact? last = null;
        foreach (var transport in fact.Transports)
        {
            var service = new IdentifiedService(
                fact.Services[0] == "ssl" ? "http" : fact.Services[0])
            { Tunnel = fact.Services[0] == "ssl" ? "ssl" : null };
            var server = new FactServer(greeting, answer) { Closes = closes };
            last = server.Ask(id, service, 4567, transport, greeting is null ? null : Encoding.Latin1.GetBytes(greeting));
            Assert.InRange(server.Connections, 0, FactInquiry.MaxConnections);
            Assert.InRange(server.Took, TimeSpan.Zero, FactInquiry.FactLimit + TimeSpan.FromSeconds(1));
            if (last is not null)
            {
                AssertBounded(last);
            }
        }

        return last;
    }

    private static IEnumerable<FactField> Flat(IEnumerable<FactField> fields) =>
        fields.SelectMany(static field => Flat(field.Items).Prepend(field));

    private static bool IsPrintable(string text) => !text.EnumerateRunes().Any(static rune => TerminalText.IsHostile(rune));
}

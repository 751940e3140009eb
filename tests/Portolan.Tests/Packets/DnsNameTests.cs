using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

public sealed class DnsNameTests
{
    private static readonly Gen<string> Labels = Gen.Choose(0, 255)
        .Select(static b => (byte)b is > 0x20 and < 0x7f and not (byte)'.' and not (byte)'\\' ? ((char)b).ToString() : $"\\{b:000}")
        .NonEmptyListOf().Resize(20).Select(static parts => string.Concat(parts.Take(63)));

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("example.com.", "example.com")]
    [InlineData("WWW.Example.com", "WWW.Example.com")]
    [InlineData(".", ".")]
    [InlineData(@"a\.b.c", @"a\.b.c")]
    [InlineData(@"a\027b", @"a\027b")]
    [InlineData(@"a\\b", @"a\\b")]
    [InlineData(@"a\255", @"a\255")]
    [InlineData("_http._tcp.example", "_http._tcp.example")]
    public void A_name_keeps_its_text(string text, string expected) => Assert.Equal(expected, RoundTrip(text));

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a..")]
    [InlineData("bücher.example")]
    [InlineData(@"a\256")]
    [InlineData(@"a\1")]
    [InlineData(@"a\")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234.com")]
    public void What_is_no_name_is_refused(string text) => Assert.False(DnsNameText.TryEncode(text, new byte[300], out _));

    [Fact]
    public void The_longest_name_has_255_bytes()
    {
        var label = new string('a', 63);
        var longest = $"{label}.{label}.{label}.{new string('b', 61)}";
        Assert.True(DnsNameText.TryEncode(longest, new byte[300], out var length));
        Assert.Equal(255, length);
        Assert.False(DnsNameText.TryEncode(longest + "c", new byte[300], out _));
        Assert.False(DnsNameText.TryEncode(longest, new byte[254], out _));
    }

    [Fact]
    public void Any_bytes_can_be_written_as_text_and_back() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(Labels.NonEmptyListOf().Resize(10)),
        static labels =>
        {
            var text = string.Join('.', labels);
            var bytes = new byte[255];
            if (!DnsNameText.TryEncode(text, bytes, out var length))
            {
                return text.Length > 60;
            }

            var again = new byte[255];
            return DnsName.TryRead(bytes.AsSpan(0, length), 0, out var name, out var end) && end == length
                && DnsNameText.TryEncode(name.ToString(), again, out var secondLength)
                && bytes.AsSpan(0, length).SequenceEqual(again.AsSpan(0, secondLength))
                && name.Is(text) && name.Is(text.ToUpperInvariant()) == name.Is(text.ToLowerInvariant());
        }));

    [Fact]
    public void Names_are_the_same_in_any_case_but_not_with_another_label()
    {
        byte[] bytes = new byte[255];
        Assert.True(DnsNameText.TryEncode("Example.COM", bytes, out _));
        Assert.True(DnsName.TryRead(bytes, 0, out var name, out _));
        Assert.True(name.Is("example.com"));
        Assert.True(name.Is("EXAMPLE.com."));
        Assert.False(name.Is("example.co"));
        Assert.False(name.Is("www.example.com"));
        Assert.False(name.Is("example"));
        Assert.False(name.Is("."));
        Assert.False(name.Is("exam ple..com"));
    }

    [Theory]
    [InlineData(new byte[] { 0xc0, 0x00 }, 0)]
    [InlineData(new byte[] { 0xc0, 0x02, 0xc0, 0x00 }, 0)]
    [InlineData(new byte[] { 1, (byte)'a', 0xc0, 0x00 }, 0)]
    [InlineData(new byte[] { 1, (byte)'a', 0xc0, 0x00, 0xc0, 0x02 }, 4)]
    [InlineData(new byte[] { 0xc0 }, 0)]
    [InlineData(new byte[] { 3, (byte)'a' }, 0)]
    [InlineData(new byte[] { 0x41, 0, 0 }, 0)]
    [InlineData(new byte[] { 0x80, 0, 0 }, 0)]
    [InlineData(new byte[] { 0 }, 1)]
    [InlineData(new byte[] { 1, (byte)'a' }, 0)]
    public void Loops_cuts_and_unknown_labels_are_refused(byte[] message, int offset) =>
        Assert.False(DnsName.TryRead(message, offset, out _, out _));

    [Fact]
    public void A_pointer_continues_the_name_and_the_end_is_after_the_pointer()
    {
        byte[] message = [3, (byte)'c', (byte)'o', (byte)'m', 0, 1, (byte)'a', 0xc0, 0, 1, (byte)'b', 0xc0, 5, 99];
        Assert.True(DnsName.TryRead(message, 9, out var name, out var end));
        Assert.Equal("b.a.com", name.ToString());
        Assert.Equal(13, end);
    }

    [Fact]
    public void A_chain_of_pointers_that_is_too_long_is_refused()
    {
        var message = new byte[1 + (2 * 200)];
        for (var i = 0; i < 200; i++)
        {
            var target = i == 0 ? 0 : 1 + (2 * (i - 1));
            message[1 + (2 * i)] = (byte)(0xc0 | (target >> 8));
            message[2 + (2 * i)] = (byte)target;
        }

        Assert.True(DnsName.TryRead(message, 1 + (2 * 126), out _, out _));
        Assert.False(DnsName.TryRead(message, 1 + (2 * 127), out _, out _));
    }

    [Theory]
    [InlineData("198.18.0.2", "2.0.18.198.in-addr.arpa")]
    [InlineData("2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")]
    public void The_reverse_name_of_an_address_is_that_of_RFC_1035_and_RFC_3596(string address, string expected)
    {
        Assert.True(InternetAddress.TryParse(address, out var parsed));
        Assert.Equal(expected, DnsNameText.ReverseOf(parsed));
    }

    [Fact]
    public void Hostile_names_never_throw() => Fuzz.Run(20_000, static (random, _) =>
    {
        var message = new byte[random.Next(64)];
        foreach (ref var value in message.AsSpan())
        {
            value = (byte)(random.Next(3) switch { 0 => 0xc0, 1 => random.Next(6), _ => random.Next(256) });
        }

        for (var offset = 0; offset <= message.Length; offset++)
        {
            if (DnsName.TryRead(message, offset, out var name, out var end))
            {
                Assert.InRange(end, offset + 1, message.Length);
                Assert.True(name.IsSame(name));
                Assert.True(name.Is(name.ToString()), name.ToString());
            }
        }
    });

    private static string RoundTrip(string text)
    {
        var bytes = new byte[255];
        Assert.True(DnsNameText.TryEncode(text, bytes, out var length));
        Assert.True(DnsName.TryRead(bytes.AsSpan(0, length), 0, out var name, out var end));
        Assert.Equal(length, end);
        return name.ToString();
    }
}

using System.Text;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Packets;
using Portolan.Scan.Probes.Payloads;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Payloads;

public sealed class UdpPayloadsTests
{
    private const ulong Seed = 0x0123_4567_89ab_cdef;

    private static readonly UdpPayloads Payloads = new(Seed);

    public static TheoryData<int> Ports =>
        [.. Enumerable.Range(0, PortNumber.Count).Where(static port => !new UdpPayloads(Seed).For(Port(port)).IsEmpty)];

    [Fact]
    public void A_port_without_a_known_protocol_has_no_payload()
    {
        Assert.True(Payloads.For(Port(1)).IsEmpty);
        Assert.True(Payloads.For(Port(1), attempt: 5).IsEmpty);
        Assert.Empty(Payloads.AllFor(Port(51820)));
        Assert.False(Payloads.TryIdentify(Port(1), "anything"u8, out _));
    }

    [Fact]
    public void The_protocols_of_most_services_are_known() => Assert.Equal(
        [7, 53, 69, 88, 111, 123, 137, 161, 177, 389, 443, 500, 520, 623, 784, 853, 1194, 1434, 1701, 1900, 2049, 3391, 3478, 3702, 4433,
            4500, 4740, 5060, 5349, 5351, 5353, 5683, 5684, 6514, 8443, 10161, 11211, 19302, 44818, 47808],
        Ports.Select(static row => row.Data));

    [Theory]
    [MemberData(nameof(Ports))]
    public void A_message_is_the_same_for_the_same_seed_and_fits_one_packet(int port)
    {
        var again = new UdpPayloads(Seed);
        for (var attempt = 0; attempt < 4; attempt++)
        {
            Assert.Equal(Payloads.For(Port(port), attempt), again.For(Port(port), attempt).ToArray());
            Assert.InRange(Payloads.For(Port(port), attempt).Length, 1, 1232);
        }
    }

    [Fact]
    public void Another_seed_makes_other_transaction_ids()
    {
        var other = new UdpPayloads(Seed + 1);
        var same =
            Ports.Select(static row => row.Data).Where(port => other.For(Port(port)).Span.SequenceEqual(Payloads.For(Port(port)).Span));

        // These protocols have no place for an id.
        Assert.Equal([69, 177, 520, 1434, 1900, 5351], same);
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public void Names_of_services_are_those_of_the_registry(int port)
    {
        foreach (var payload in Payloads.AllFor(Port(port)))
        {
            // QUIC and DTLS have no name of their own there: they carry what the port is for.
            if (payload.Service is not ("quic" or "dtls"))
            {
                Assert.True(ServiceRegistry.BuiltIn.TryFindPort(payload.Service, TransportProtocol.Udp, out _), payload.Service);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public void Our_own_message_is_no_answer_but_for_echo(int port)
    {
        foreach (var payload in Payloads.AllFor(Port(port)))
        {
            Assert.Equal(port == 7, payload.IsReply(payload.Message.Span));
        }
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public void Hostile_replies_are_never_taken_for_an_answer_by_a_fault(int port)
    {
        foreach (var payload in Payloads.AllFor(Port(port)))
        {
            var sample = ProtocolReplies.For(payload, Port(port));
            Assert.True(payload.IsReply(sample), $"{payload.Service}: {Convert.ToHexString(sample)}");
            for (var length = 0; length < sample.Length; length++)
            {
                payload.IsReply(sample.AsSpan(0, length));
            }

            Fuzz.Run(1000, (random, _) => payload.IsReply(Fuzz.Damage(random, sample)));
            Fuzz.Run(300, (random, _) =>
            {
                var noise = new byte[random.Next(64)];
                random.NextBytes(noise);
                Assert.False(
                    payload.Service is not ("router" or "pcp" or "tftp" or "ms-sql-m" or "mdns" or "xdmcp" or "kerberos")
                        && payload.IsReply(noise), Convert.ToHexString(noise));
            });
        }
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public void An_answer_to_another_scan_is_none(int port)
    {
        var other = new UdpPayloads(Seed + 1);
        if (port is 69 or 88 or 177 or 520 or 1434 or 1900 or 5351 or 3391 or 4740 or 5349 or 5684 or 6514 or 10161)
        {
            return;
        }

        for (var i = 0; i < Payloads.AllFor(Port(port)).Count && Payloads.AllFor(Port(port))[i].Service != "dtls"; i++)
        {
            Assert.False(other.AllFor(Port(port))[i].IsReply(ProtocolReplies.For(Payloads.AllFor(Port(port))[i], Port(port))));
        }
    }

    [Fact]
    public void SNMP_is_asked_in_another_version_at_each_attempt()
    {
        byte[][] messages = [.. Enumerable.Range(0, 4).Select(static attempt => Payloads.For(Port(161), attempt).ToArray())];
        Assert.Equal([3, 0, 1, 3], messages.Select(static message => (int)message[4]));
        Assert.Equal(messages[0], messages[3]);
        Assert.True(Payloads.TryIdentify(Port(161), ProtocolReplies.For(Payloads.AllFor(Port(161))[1], Port(161)), out var service));
        Assert.Equal("snmp", service);
    }

    [Fact]
    public void A_message_once_made_is_had_without_allocation()
    {
        Assert.Equal(0, Allocations.Fewest(() => Payloads.For(Port(53))));
    }

    [Fact]
    public void The_search_for_devices_ends_its_lines_as_HTTP_does() => Assert.Equal(
        "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n",
        Encoding.ASCII.GetString(Payloads.For(Port(1900)).Span));

    [Fact]
    public void The_probe_for_devices_is_well_formed() =>
        Assert.Equal(
            "Envelope", System.Xml.Linq.XDocument.Parse(Encoding.ASCII.GetString(Payloads.For(Port(3702)).Span)).Root?.Name.LocalName);

    [Fact]
    public void QUIC_is_padded_to_the_least_datagram_of_a_client() => Assert.Equal(1200, Payloads.For(Port(443)).Length);

    [Fact]
    public void DNS_asks_for_the_roots_servers_and_for_no_recursion()
    {
        Assert.True(DnsMessage.TryRead(Payloads.For(Port(53)).Span, out var message));
        Assert.True(message.TryReadQuestion(out var question));
        Assert.True(question.Name.IsRoot);
        Assert.Equal((DnsType.Ns, DnsFlags.None), (question.Type, message.Flags));
    }

    private static PortNumber Port(int port) => new((ushort)port);
}

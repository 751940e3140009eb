using System.Text.Json;
using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Links;

/// <summary>Packets of the tests.</summary>
internal static class TestPackets
{
    internal static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);

    /// <summary>An IP packet with a SYN.</summary>
    internal static byte[] Syn(
        InternetAddress source, InternetAddress destination, ushort sourcePort, ushort destinationPort, uint sequence = 1)
    {
        var packet = new byte[60];
        var header = new TcpHeader
        {
            SourcePort = new PortNumber(sourcePort),
            DestinationPort = new PortNumber(destinationPort),
            Sequence = sequence,
            Flags = TcpFlags.Syn,
            Window = 1024,
        };
        var start = source.IsIPv4 ? 20 : 40;
        TcpWriter.Write(packet.AsSpan(start), source, destination, header);
        _ = source.IsIPv4
            ? Ipv4Writer.Write(packet, source, destination, IpProtocol.Tcp, 20)
            : Ipv6Writer.Write(packet, source, destination, IpProtocol.Tcp, 20);
        return packet[..(start + 20)];
    }

    /// <summary>The packet in an Ethernet frame.</summary>
    internal static byte[] Frame(byte[] packet, MacAddress destination, MacAddress source)
    {
        var frame = new byte[14 + packet.Length];
        EthernetWriter.Write(frame, destination, source, packet[0] >> 4 == 6 ? EtherType.Ipv6 : EtherType.Ipv4);
        packet.CopyTo(frame, 14);
        return frame;
    }

    /// <summary>Sends one frame.</summary>
    internal static SendReport Send(IFrameSender sender, byte[] frame)
    {
        frame.CopyTo(sender.Reserve());
        sender.Commit(frame.Length);
        return sender.Flush();
    }

    /// <summary>Wants TCP and UDP to an address, any port.</summary>
    internal static FrameFilter FilterFor(params InternetAddress[] addresses) => new(addresses, new PortNumber(0), new PortNumber(65535));

    /// <summary>The Ethernet address of an interface. (/sys shows those of the namespace it was mounted in.)</summary>
    internal static MacAddress HardwareAddress(LabHost host, string interfaceName)
    {
        using var document = JsonDocument.Parse(host.Tool("ip", null, "-j", "link", "show", "dev", interfaceName));
        var text = document.RootElement[0].GetProperty("address").GetString()!;
        return MacAddress.FromBytes(Convert.FromHexString(text.Replace(":", "", StringComparison.Ordinal)));
    }
}

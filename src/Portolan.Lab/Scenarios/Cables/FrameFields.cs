using System.Globalization;
using System.Text;
using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Lab.Scenarios.Cables;

/// <summary>A frame with IPv4 in it, field by field: where each lies, its bytes, and what they mean.</summary>
internal static class FrameFields
{
    private const int MostData = 16;

    /// <summary>A table of the fields.</summary>
    internal static List<string> Lines(byte[] bytes)
    {
        var rows = new List<Field>();
        var ip = EthernetFrame.MinHeaderLength;
        rows.AddRange(
        [
            new(0, 6, "frame: Ethernet", "destination"),
            new(6, 6, "", "source"),
            new(12, 2, "", "type: IPv4"),
            new(ip, 1, "packet: IPv4", $"version {bytes[ip] >> 4}, header of {(bytes[ip] & 15) * 4} bytes"),
            new(ip + 2, 2, "", $"total length {Number(bytes, ip + 2)}"),
            new(ip + 8, 1, "", $"TTL {bytes[ip + 8]}"),
            new(ip + 9, 1, "", $"protocol {bytes[ip + 9]}: {$"{(IpProtocol)bytes[ip + 9]}".ToUpperInvariant()}"),
            new(ip + 10, 2, "", "header checksum"),
            new(ip + 12, 4, "", $"source {InternetAddress.FromBytes(bytes.AsSpan(ip + 12, 4))}"),
            new(ip + 16, 4, "", $"destination {InternetAddress.FromBytes(bytes.AsSpan(ip + 16, 4))}"),
        ]);
        var transport = ip + ((bytes[ip] & 15) * 4);
        rows.AddRange((IpProtocol)bytes[ip + 9] == IpProtocol.Tcp ? Segment(bytes, transport) : Datagram(bytes, transport));
        return TextColumns.Lines(
            ["byte", "", "hexadecimal", "meaning"],
            rows.Select(f => (IReadOnlyList<string>)[$"{f.Offset}", f.Layer, Hex(bytes.AsSpan(f.Offset, Math.Min(f.Length, MostData))), f.Meaning]));
    }

    /// <summary>A drawing of what lies in what, with lengths.</summary>
    internal static List<string> Boxes(byte[] bytes)
    {
        var ip = EthernetFrame.MinHeaderLength;
        var ipLength = (bytes[ip] & 15) * 4;
        var isTcp = (IpProtocol)bytes[ip + 9] == IpProtocol.Tcp;
        var transportLength = isTcp ? (bytes[ip + ipLength + 12] >> 4) * 4 : UdpDatagram.HeaderLength;
        var data = bytes.Length - ip - ipLength - transportLength;
        string[] names = ["Ethernet", "IPv4", isTcp ? "TCP, ports first" : "UDP, ports first", data == 0 ? "no data" : "data"];
        string[] lengths = [$"{ip} bytes", $"{ipLength} bytes", $"{transportLength} bytes", $"{data} bytes"];
        var widths = names.Zip(lengths, static (a, b) => Math.Max(a.Length, b.Length)).ToArray();
        var border = "+" + string.Concat(widths.Select(static w => new string('-', w + 2) + "+"));
        var inner = widths[2] + widths[3] + 5;
        return
        [
            border,
            "|" + string.Concat(names.Zip(widths, static (n, w) => $" {n.PadRight(w)} |")),
            "|" + string.Concat(lengths.Zip(widths, static (n, w) => $" {n.PadRight(w)} |")),
            border,
            new string(' ', widths[0] + widths[1] + 6) + Brace(isTcp ? "segment" : "datagram", inner),
            new string(' ', widths[0] + 3) + Brace("packet", widths[1] + 3 + inner),
            Brace("frame", widths[0] + widths[1] + 6 + inner),
        ];
    }

    private static IEnumerable<Field> Datagram(byte[] bytes, int at)
    {
        yield return new(at, 2, "datagram: UDP", $"source port {Number(bytes, at)}");
        yield return new(at + 2, 2, "", $"destination port {Number(bytes, at + 2)}");
        yield return new(at + 4, 2, "", $"length {Number(bytes, at + 4)}");
        yield return new(at + 6, 2, "", "checksum");
        if (bytes.Length > at + UdpDatagram.HeaderLength)
        {
            var data = bytes.AsSpan(at + UdpDatagram.HeaderLength);
            yield return new(at + UdpDatagram.HeaderLength, data.Length, "data", $"\"{Encoding.ASCII.GetString(data[..Math.Min(data.Length, MostData)])}\"");
        }
    }

    private static IEnumerable<Field> Segment(byte[] bytes, int at)
    {
        var length = (bytes[at + 12] >> 4) * 4;
        yield return new(at, 2, "segment: TCP", $"source port {Number(bytes, at)}");
        yield return new(at + 2, 2, "", $"destination port {Number(bytes, at + 2)}");
        yield return new(at + 4, 4, "", "sequence number");
        yield return new(at + 8, 4, "", "acknowledgment number");
        yield return new(at + 12, 1, "", $"header of {length} bytes");
        yield return new(at + 13, 1, "", $"control bits: {$"{(TcpFlags)bytes[at + 13]}".ToUpperInvariant()}");
        yield return new(at + 14, 2, "", $"window {Number(bytes, at + 14)}");
        yield return new(at + 16, 2, "", "checksum");
        yield return new(at + 18, 2, "", "urgent pointer");
        if (length > TcpSegment.MinHeaderLength)
        {
            yield return new(at + 20, length - TcpSegment.MinHeaderLength, "", $"options, {length - TcpSegment.MinHeaderLength} bytes");
        }
    }

    private static string Brace(string word, int width)
    {
        var left = Math.Max(0, width - word.Length - 4) / 2;
        return $"<{new string('-', left)} {word} {new string('-', Math.Max(0, width - word.Length - 4 - left))}>";
    }

    private static ushort Number(byte[] bytes, int at) => ReadUInt16BigEndian(bytes.AsSpan(at));

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var value in bytes)
        {
            text.Append(text.Length > 0 ? " " : "").Append(value.ToString("x2", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private readonly record struct Field(int Offset, int Length, string Layer, string Meaning);
}

using System.Globalization;
using System.Text;
using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Lab.Scenarios.Cables;

/// <summary>A frame with IPv4 in it, field by field: where each lies, its bytes, and what they mean.</summary>
internal static class FrameFields
{
    /// <summary>Data is shown as far; headers are shown whole.</summary>
    private const int MostData = 16;

    /// <summary>A table of the fields.</summary>
    internal static ColumnTable Lines(byte[] bytes, Func<int, bool>? isShown = null)
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
        var layout = new FrameLayout(bytes);
        rows.AddRange(layout.Protocol == IpProtocol.Tcp ? Segment(bytes, layout) : Datagram(bytes, layout));
        return TextColumns.Lines(
            ["byte", "", "hexadecimal", "meaning"],
            rows.Where(f => isShown?.Invoke(f.Offset) != false).Select(
                f => (IReadOnlyList<string>)[$"{f.Offset}", f.Layer, Hex(bytes.AsSpan(f.Offset, f.Length)), f.Meaning]));
    }

    /// <summary>A drawing of what lies in what, with lengths.</summary>
    internal static List<string> Boxes(byte[] bytes)
    {
        var layout = new FrameLayout(bytes);
        var isTcp = layout.Protocol == IpProtocol.Tcp;
        string[] names = ["Ethernet", "IPv4", isTcp ? "TCP, ports first" : "UDP, ports first", layout.DataLength == 0 ? "no data" : "data"];
        string[] lengths = [
            $"{FrameLayout.EthernetLength} bytes", $"{layout.IpLength} bytes", $"{layout.TransportLength} bytes",
            $"{layout.DataLength} bytes"];
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
            $"{bytes.Length} bytes; on the cable "
                + $"{(FrameLayout.PaddingOf(bytes.Length) is > 0 and var padding ? $"{padding} of padding and " : "")}"
                + $"{FrameLayout.ChecksumLength} of checksum (FCS) follow: {FrameLayout.OnWire(bytes.Length)}",
        ];
    }

    private static IEnumerable<Field> Datagram(byte[] bytes, FrameLayout layout)
    {
        var at = layout.PortsAt;
        yield return new(at, 2, "datagram: UDP", $"source port {Number(bytes, at)}");
        yield return new(at + 2, 2, "", $"destination port {Number(bytes, at + 2)}");
        yield return new(at + 4, 2, "", $"length {Number(bytes, at + 4)}");
        yield return new(at + 6, 2, "", "checksum");
        if (layout.DataLength > 0)
        {
            var shown = Math.Min(layout.DataLength, MostData);
            var rest = shown < layout.DataLength ? $", the first {shown} of {layout.DataLength} bytes" : "";
            yield return new(
                at + UdpDatagram.HeaderLength, shown, "data",
                $"\"{Encoding.ASCII.GetString(bytes.AsSpan(at + UdpDatagram.HeaderLength, shown))}\"{rest}");
        }
    }

    private static IEnumerable<Field> Segment(byte[] bytes, FrameLayout layout)
    {
        var at = layout.PortsAt;
        yield return new(at, 2, "segment: TCP", $"source port {Number(bytes, at)}");
        yield return new(at + 2, 2, "", $"destination port {Number(bytes, at + 2)}");
        yield return new(at + 4, 4, "", "sequence number");
        yield return new(at + 8, 4, "", "acknowledgment number");
        yield return new(at + 12, 1, "", $"header of {layout.TransportLength} bytes");
        yield return new(at + 13, 1, "", $"control bits: {$"{(TcpFlags)bytes[at + 13]}".ToUpperInvariant()}");
        yield return new(at + 14, 2, "", $"window {Number(bytes, at + 14)}");
        yield return new(at + 16, 2, "", "checksum");
        yield return new(at + 18, 2, "", "urgent pointer");
        if (layout.OptionsLength > 0)
        {
            yield return new(at + TcpSegment.MinHeaderLength, layout.OptionsLength, "", $"options, {layout.OptionsLength} bytes");
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

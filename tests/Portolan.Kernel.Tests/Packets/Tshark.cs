using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Packets;

/// <summary>Another dissector.</summary>
internal static class Tshark
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000).AddTicks(1_234_567);

    /// <summary>Writes frames into a capture file and reads their fields: a row for each frame.</summary>
    internal static List<string[]> Dissect(List<(byte[] Bytes, LinkLayer Layer)> frames, string[] fields)
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var file = File.Create(path))
            {
                var writer = new PcapngWriter(file, "portolan");
                int[] interfaces = [writer.AddInterface("lab0", LinkLayer.Ethernet), writer.AddInterface("tun0", LinkLayer.Ip)];
                foreach (var (bytes, layer) in frames)
                {
                    writer.Write(interfaces[layer == LinkLayer.Ethernet ? 0 : 1], Time, bytes, FrameDirection.Outbound);
                }
            }

            return Fields(path, fields);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Reads the fields of each frame of a capture file; several values of a field stand between commas.</summary>
    internal static List<string[]> Fields(string path, string[] fields)
    {
        // Random bytes may look like a protocol; what it would put together of them is not what is asked.
        List<string> arguments = ["-n", "-r", path, "-T", "fields", "-E", "separator=|", "-o", "tcp.desegment_tcp_streams:FALSE"];
        foreach (var check in (string[])["ip", "tcp", "udp"])
        {
            arguments.AddRange("-o", string.Create(CultureInfo.InvariantCulture, $"{check}.check_checksum:TRUE"));
        }

        foreach (var field in fields)
        {
            arguments.AddRange("-e", field);
        }

        return [.. Tool.Lines("tshark", [.. arguments]).Select(static line => line.Split('|'))];
    }
}

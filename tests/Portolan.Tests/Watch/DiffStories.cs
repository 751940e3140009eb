using System.IO.Compression;
using System.Text;
using Portolan.Model;
using Portolan.Scan.Formats.Reading;
using Portolan.Watch.Changes;
using Portolan.Watch.Snapshots;

namespace Portolan.Tests.Watch;

/// <summary>Results as text, and what is read from them.</summary>
internal static class DiffStories
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 6, 0, 0, TimeSpan.Zero);

    public static Snapshot Read(byte[] bytes, string? ports = null, string? targets = null, string name = "x") => SnapshotReader.Read(
        new MemoryStream(bytes), name, new SnapshotOptions
        {
            TcpPorts = ports is null ? null : PortSet.Parse(ports),
            Targets = targets is null ? null : TargetScope.Parse([targets], "--targets"),
        });

    public static Snapshot Read(string text, string? ports = null, string? targets = null) =>
        Read(Encoding.UTF8.GetBytes(text), ports, targets);

    public static Comparison Compare(string a, string b, string? ports = null, string? targets = null) =>
        SnapshotComparer.Compare(Read(a, ports, targets), Read(b, ports, targets), Now);

    /// <summary>Changes as <c>opened 80/tcp not open→open</c>.</summary>
    public static IEnumerable<string> Words(this Comparison comparison) => comparison.Changes.Select(static change =>
    {
        var ports = change.Protocol is { } protocol ? $"{change.Ports}/{protocol.Name()} " : "";
        return $"{change.Kind.Name()} {ports}{change.Before.Text}→{change.After.Text}{(change.IsCertain ? "" : " ?")}";
    });

    public static byte[] Packed(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    /// <summary>A scan of one host in JSON Lines; rows are <c>80 open</c>, all others of the ports are closed.</summary>
    public static string Json(
        string ports, string[] rows, string host = "198.18.0.1", string end = "\"complete\":true,\"missRateBound\":0", string more = "")
    {
        var lines = new StringBuilder("{\"schema\":\"portolan.scan/1\",\"event\":\"start\",\"startedAt\":\"2026-11-20T00:00:00Z\",")
            .Append("\"args\":[\"portolan\",\"scan\",\"198.18.0.0/30\"],")
            .Append($"\"scans\":[{{\"type\":\"syn\",\"protocol\":\"tcp\",\"ports\":\"{ports}\"}}]}}\n");
        foreach (var row in rows)
        {
            var words = row.Split(' ', 3);
            var (reason, rest) = (words[1] == "filtered" ? "no-response" : "syn-ack", words.Length > 2 ? $",{words[2]}" : "");
            lines.Append($"{{\"event\":\"port\",\"address\":\"{host}\",\"protocol\":\"tcp\",\"port\":{words[0]},")
                .Append($"\"state\":\"{words[1]}\",\"reason\":\"{reason}\"{rest}}}\n");
        }

        lines.Append($"{{\"event\":\"host\",\"address\":\"{host}\",\"status\":\"up\",\"reason\":\"syn-ack\",\"complete\":true,")
            .Append("\"counts\":[{\"protocol\":\"tcp\",\"state\":\"closed\",\"reason\":\"reset\",\"count\":9}]}\n").Append(more);
        return lines.Append($"{{\"event\":\"end\",\"hostsTotal\":4,{end}}}\n").ToString();
    }
}

using System.IO.Compression;
using System.Text;
using Portolan.Scan.Formats.Reading;

namespace Portolan.Watch.Snapshots;

/// <summary>What the person says of both results.</summary>
public sealed record SnapshotOptions
{
    /// <summary>The TCP ports that were scanned; <c>null</c> for those that the file says.</summary>
    public PortSet? TcpPorts { get; init; }

    /// <summary>The UDP ports that were scanned; <c>null</c> for those that the file says.</summary>
    public PortSet? UdpPorts { get; init; }

    /// <summary>The addresses that were scanned; <c>null</c> for those that the file says.</summary>
    public TargetScope? Targets { get; init; }
}

/// <summary>Reads a result of any format into a snapshot. What it is shows its content, not its name; gzip is unpacked.</summary>
public static class SnapshotReader
{
    private const int HeadLength = 4096;

    private static readonly Advice Hint =
        $"give a file from nmap -oX or -oG, masscan -oX, -oJ, -oD, -oL or -oG, zmap, portolan scan --json or portolan --json";

    /// <summary>Reads a result.</summary>
    /// <param name="input">The file, whose length is bounded; stays the caller's.</param>
    /// <param name="source">Its name in messages.</param>
    /// <param name="options">What the person says of it.</param>
    /// <exception cref="PortolanException">It is not a result that can be read. Exit code 3.</exception>
    public static Snapshot Read(Stream input, string source, SnapshotOptions options)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var head = HeadOf(input);
            if (head.Span is not [0x1f, 0x8b, ..])
            {
                return Read(head, input, source, options);
            }

            using var packed = new PrefixedStream(head, input);
            using var unpacked = new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
            using var bounded = new BoundedStream(unpacked, InputLimit.Comparison, $"what is in {source}");
            return Read(HeadOf(bounded), bounded, source, options);
        }
        catch (PortolanException exception) when (exception.ExitCode != ExitCode.Failed)
        {
            throw new PortolanException(exception.Message, exception.Hint, ExitCode.Failed, exception);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw new PortolanException($"cannot read {source}: {exception.Message}", inner: exception);
        }
    }

    private static ReadOnlyMemory<byte> HeadOf(Stream input)
    {
        var head = new byte[HeadLength];
        return head.AsMemory(0, input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false));
    }

    private static Snapshot Read(ReadOnlyMemory<byte> head, Stream input, string source, SnapshotOptions options)
    {
        using var whole = new PrefixedStream(head, input);
        var text = Encoding.UTF8.GetString(head.Span).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        if (text.StartsWith('{') && SchemaIn(text) is { } schema && schema != "portolan.scan/1")
        {
            return schema == "portolan.chart/1"
                ? ReadChart(whole, source)
                : throw new PortolanException($"{source} is a document of {schema}, which diff does not compare", Hint);
        }

        return ReadScan(whole, source, options);
    }

    // Our documents name their schema first.
    private static string? SchemaIn(string text)
    {
        var name = text.IndexOf("\"schema\"", StringComparison.Ordinal);
        if (name < 0 || text.AsSpan(1, name - 1).ContainsAnyExcept(" \t\r\n"))
        {
            return null;
        }

        var start = text.IndexOf('"', name + 8);
        var end = start < 0 ? -1 : text.IndexOf('"', start + 1);
        return end < 0 ? null : text[(start + 1)..end];
    }

    private static Snapshot ReadChart(Stream input, string source)
    {
        var snapshot = new Snapshot { Source = source, Format = "portolan.chart/1", IsChart = true };
        new ChartSnapshot(snapshot).Read(input);
        return snapshot;
    }

    private static Snapshot ReadScan(Stream input, string source, SnapshotOptions options)
    {
        var snapshot = new Snapshot { Source = source };
        var result = new ResultOptions
        {
            File = source,
            TcpPorts = options.TcpPorts,
            UdpPorts = options.UdpPorts,
            HasTargets = options.Targets is not null,
            ReadsAllRuns = true,
        };
        snapshot.Format = ResultReader.Read(input, result, new ScanSnapshotBuilder(snapshot, result, options.Targets));
        return snapshot;
    }
}

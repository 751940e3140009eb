using System.Globalization;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats;

/// <summary>Pieces that nmap's formats share.</summary>
internal static class FormatText
{
    /// <summary>What is said of a host that answers on ports nothing listens on.</summary>
    public const string AnswersEverything = "answers on every port, so open ports prove little";

    /// <summary>What is said of a host that answered and then stopped.</summary>
    public static string Stopped(long probes) => string.Create(
        CultureInfo.InvariantCulture,
        $"stopped answering after about {probes:N0} probe{(probes == 1 ? "" : "s")}; it may block this scanner");

    /// <summary>What is said of a host that was not finished.</summary>
    public const string IsPartial = "interrupted: ports not named were not scanned";

    /// <summary>The time as C's <c>ctime</c> writes it, in the offset that the time has: <c>Fri Nov  6 11:13:03 2026</c>.</summary>
    public static string CTime(DateTimeOffset time) => string.Create(
        CultureInfo.InvariantCulture, $"{time:ddd MMM} {time.Day,2} {time:HH:mm:ss yyyy}");

    /// <summary>Seconds with two digits after the point.</summary>
    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>Such as <c>4 IP addresses (2 hosts up) scanned in 1.26 seconds</c>.</summary>
    public static string Balance(ScanEnd end) => string.Create(
        CultureInfo.InvariantCulture,
        $"{end.HostsTotal} IP address{(end.HostsTotal == 1 ? "" : "es")} ({end.HostsUp} host{(end.HostsUp == 1 ? "" : "s")} up) scanned in "
            + $"{Seconds(end.Elapsed)} seconds{end.MissedAsWritten ?? Missed(end.Losses)}");

    /// <summary>What <see cref="Balance"/> wrote of misses into a file; <c>null</c> when there is none of it.</summary>
    public static string? MissedIn(string? summary)
    {
        const string Before = " seconds; ";
        const int Longest = 200;
        var at = summary?.LastIndexOf(Before, StringComparison.Ordinal) ?? -1;
        if (at < 0 || summary!.Length - at > Longest)
        {
            return null;
        }

        var missed = summary[(at + Before.Length - 2)..];
        return missed.All(static c => char.IsAsciiLetterOrDigit(c) || c is ' ' or ';' or '.' or '%' or '(' or ')') ? missed : null;
    }

    // All of what may be missing, where a file is all that is kept of a run.
    private static string Missed(ScanLosses? losses)
    {
        var text = "";
        foreach (var (noun, figure) in (ReadOnlySpan<(string, MissFigure?)>)[("port", losses?.Ports), ("host", losses?.Hosts)])
        {
            if (figure is { Unfinished: > 0 } cut)
            {
                var plural = cut.Unfinished == 1 ? "" : "s";
                text += string.Create(CultureInfo.InvariantCulture, $"; {cut.Unfinished} {noun}{plural} not finished");
            }
        }

        return losses?.Whole is not { } whole ? text
            : whole.Bound is { } bound
            ? text + string.Create(CultureInfo.InvariantCulture, $"; missed at most {100 * bound:0.####} % (95 %)")
            : $"{text}; the missed ports are unknown";
    }

    /// <summary>Writes the first line of the normal and the grepable format.</summary>
    public static void WriteFirstLine(Utf8Writer output, ScanStart run, ScanOutputOptions options)
    {
        output.Write("# Portolan "u8);
        output.WriteEscaped(options.Version);
        output.Write(" scan initiated "u8);
        output.Write(CTime(run.StartedAt));
        output.Write(" as: "u8);
        output.WriteEscaped(options.CommandLine);
        output.WriteLine();
    }

    /// <summary>Writes the last line of the normal and the grepable format, and before it why a run is not complete.</summary>
    public static void WriteLastLine(Utf8Writer output, ScanEnd end)
    {
        if (!end.IsComplete)
        {
            output.Write("# Not complete: "u8);
            output.WriteEscaped(end.Incomplete ?? "interrupted");
            output.WriteLine();
        }

        output.Write("# Portolan done at "u8);
        output.Write(CTime(end.EndedAt));
        output.Write(" -- "u8);
        output.Write(Balance(end));
        output.WriteLine();
    }

    /// <summary>Writes a port list such as <c>1-21,23,80-81</c>.</summary>
    public static void WritePorts(Utf8Writer output, PortSet ports)
    {
        var isFirst = true;
        foreach (var range in ports.Ranges)
        {
            if (!isFirst)
            {
                output.Write(',');
            }

            isFirst = false;
            output.WriteNumber(range.First.Value);
            if (range.Last != range.First)
            {
                output.Write('-');
                output.WriteNumber(range.Last.Value);
            }
        }
    }

    /// <summary>Writes an Ethernet address in nmap's upper case.</summary>
    public static void WriteHardwareAddress(Utf8Writer output, MacAddress address)
    {
        for (var shift = 40; shift >= 0; shift -= 8)
        {
            output.Write((byte)(address.Value >> shift), "X2");
            if (shift > 0)
            {
                output.Write(':');
            }
        }
    }
}

/// <summary>Words of the formats as UTF-8.</summary>
internal static class FormatNames
{
    /// <summary><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</summary>
    public static ReadOnlySpan<byte> NameUtf8(this TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => "tcp"u8,
        TransportProtocol.Udp => "udp"u8,
        TransportProtocol.Sctp => "sctp"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "nmap's formats have tcp, udp and sctp"),
    };
}
